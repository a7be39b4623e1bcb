import Mail
import SMTP
import Testing

/// RFC 5321 section 4.1.2; for domains RFC 5890 section 2.3.2.1, RFC 5891 section 5 and RFC 1035 section 2.3.4.
@Suite("Addresses written to a server")
struct EnvelopeAddressTests {
    private func written(_ text: String) -> EnvelopeAddress? {
        EnvelopeAddress(Address(unchecked: text))
    }

    @Test(
        "an address that would end the path, the command or the line is not written",
        arguments: [
            "", "a@x\r\nDATA", "a@x\nRSET", "a@x\r", "a\u{0}@x", "a@x> NOTIFY=NEVER", "a@x>", "<a@x", "a b@x", "a\t@x",
            "a\u{7F}@x", "\"a@x", "\"a\\\"@x", "\"a\r\n\"@x", "\"a\\\r\"@x", "a@x\r\n.\r\nMAIL FROM:<b@x>",
        ])
    func refused(text: String) {
        #expect(written(text) == nil)
    }

    @Test(
        "odd but valid addresses are written",
        arguments: [
            "a@x", "\"a b\"@x", "\"<a>\"@x", "\"\\\" >\"@x", "a'b@[1.2.3.4]", "a..b@x", ".a@x", "a.@x", "...@x",
            "\(String(repeating: "x", count: 2000))@x",
        ])
    func taken(text: String) {
        #expect(written(text)?.text == text)
        #expect(written(text)?.isASCII == true)
    }

    @Test(
        "a domain becomes A-labels",
        arguments: [
            ("a@bücher.example", "a@xn--bcher-kva.example"), ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
            ("a@faß.example", "a@xn--fa-hia.example"), ("\"a@b\"@例え.jp", "\"a@b\"@xn--r8jz45g.jp"),
        ])
    func domain(text: String, ascii: String) throws {
        #expect(try #require(written(text)).inASCII(InternationalDomain.inASCII)?.text == ascii)
    }

    @Test(
        "domains without an ASCII form, or whose form would be another address",
        arguments: [
            "jörg@x.example", "jörg@bücher.example", "a@x＠evil.example", "a@x＞.example", "a@ü\u{3000}b.example",
            "a@-ü.example", "a@\(String(repeating: "ü", count: 60)).example", "a@ü..example",
        ])
    func noForm(text: String) throws {
        #expect(try #require(written(text)).inASCII(InternationalDomain.inASCII) == nil)
    }
}
