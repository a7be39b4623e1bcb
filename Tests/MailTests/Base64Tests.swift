import Mail
import Testing

@Suite("Base 64")
struct Base64Tests {
    /// RFC 4648 section 4.
    @Test(
        "the vectors of RFC 4648 section 10, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ plain: String, _ text: String) {
        #expect(Base64.encode(plain.utf8) == text)
        #expect(Base64.decode(text.utf8) == Array(plain.utf8))
    }

    @Test("every octet survives the round trip, at every length up to 300")
    func roundTrip() {
        for count in 0...300 {
            let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            #expect(Base64.decode(Base64.encode(octets).utf8) == octets)
        }
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
    }

    /// RFC 4648 sections 3.3 and 3.5.
    @Test(
        "any other form is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zm9", "Zg===", "====", "=", "Z===", "Zg==Zg==", "Zm8=Zm9v", "Zm 9v", "Zm9v\r\n", " Zm9v",
            "Zm9v ", "Zm-_", "Zh==", "Zm9=", "Zg=A", "Zm9v\u{0}", "Zmév", "*", "=AAA", "A=AA",
        ])
    func strict(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
