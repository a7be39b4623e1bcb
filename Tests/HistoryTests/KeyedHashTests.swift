import Testing

@testable import History

@Suite("The keyed hash")
struct KeyedHashTests {
    private let hash = KeyedHash(key: 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

    /// From appendix A of the paper.
    @Test("is SipHash-2-4")
    func vector() {
        let input = [UInt8](0..<15)
        #expect(input.withUnsafeBytes { hash.of($0, folding: false) } == 0xa129_ca61_49be_45e5)
    }

    @Test(
        "does not see the case of ASCII letters, and sees all else",
        arguments: ["ann@example.com", "a", "exactly8", ""])
    func folding(text: String) {
        #expect(hash.of(text) == hash.of(text.uppercased()))
        #expect(hash.of(text + "@") != hash.of(text + "`"))
        #expect(hash.of(text + "[") != hash.of(text + "{"))
        #expect(hash.of(text + "Z") == hash.of(text + "z"))
        #expect(hash.of(text + "\u{C9}") != hash.of(text + "\u{E9}"))
    }

    @Test("differs with the key")
    func keys() {
        let other = KeyedHash(key: 1, 2)
        #expect(other.of("ann@example.com") != hash.of("ann@example.com"))
        #expect(other.mark != hash.mark)
    }
}
