import Testing

@testable import Spool

@Suite("XXH64")
struct XXH64Tests {
    /// Values of the reference implementation for seed 0; the sanity buffer is that of its own test program.
    private static let texts: [(String, UInt64)] = [
        ("", 0xEF46_DB37_51D8_E999),
        ("a", 0xD24E_C4F1_A98C_6E5B),
        ("abc", 0x44BC_2CF5_AD77_0999),
        ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ]

    @Test("agrees with the reference implementation", arguments: texts)
    func vectors(text: String, expected: UInt64) {
        #expect(hash(Array(text.utf8)) == expected)
    }

    @Test(
        "agrees with the reference on its sanity buffer",
        arguments: [
            (1, 0xE934_A84A_DB05_2768 as UInt64), (4, 0x9136_A0DC_A574_57EE), (14, 0x8282_DCC4_994E_35C8),
            (222, 0xB641_AE8C_B691_C174),
        ])
    func sanity(count: Int, expected: UInt64) {
        var generator: UInt64 = 2_654_435_761
        let buffer = (0..<count).map { _ in
            let byte = UInt8(generator >> 56)
            generator = generator &* 11_400_714_785_074_694_797
            return byte
        }
        #expect(hash(buffer) == expected)
    }

    @Test("does not depend on how the octets are split", arguments: 0..<100)
    func cuts(cut: Int) {
        let bytes = [UInt8].content(100)
        var hash = XXH64()
        bytes[..<cut].withUnsafeBytes { hash.update($0) }
        bytes[cut...].withUnsafeBytes { hash.update($0) }
        #expect(hash.finish() == self.hash(bytes))
    }

    private func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash = XXH64()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}
