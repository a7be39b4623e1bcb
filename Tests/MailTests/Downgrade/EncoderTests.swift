import TestKit
import Testing

@testable import Mail

/// RFC 2045 sections 6.7 and 6.8.
@Suite("Part encodings")
struct EncoderTests {
    private func encoded(_ text: String, as type: String) -> String {
        var encoder = PartEncoder(for: ContentType(Array(type.utf8)[...]))
        var out: [UInt8] = []
        // Octet by octet, or all at once.
        for octet in text.utf8 { encoder.append([octet], to: &out) }
        encoder.finish(&out)
        var whole = PartEncoder(for: ContentType(Array(type.utf8)[...]))
        var other: [UInt8] = []
        whole.append(Array(text.utf8)[...], to: &other)
        whole.finish(&other)
        #expect(out == other)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(
        "quoted-printable",
        arguments: [
            ("", ""), ("a=b", "a=3Db"), ("a \r\nb\t\r\n c", "a=20\r\nb=09\r\n c"), ("a ", "a=20"), ("a  ", "a =20"),
            ("\r\n\r\n", "\r\n\r\n"), ("a\rb\nc", "a=0Db=0Ac"), ("a \r", "a =0D"), ("\u{0}\u{7F}\u{1B}", "=00=7F=1B"),
            ("~!\"#", "~!\"#"),
        ])
    func quotedPrintable(text: String, expected: String) {
        #expect(encoded(text, as: "text/plain") == expected)
    }

    @Test("lines have at most 76 octets, and none begins with a hyphen")
    func lines() {
        #expect(encoded(String(repeating: "x", count: 75), as: "text/plain").utf8.count == 75)
        #expect(
            encoded(String(repeating: "x", count: 76), as: "text/plain") == String(repeating: "x", count: 75) + "=\r\nx"
        )
        for length in 70...80 {
            let text = String(repeating: "x", count: length) + "--b--"
            let lines = encoded(text, as: "text/plain").split(separator: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasPrefix("-") })
        }
        #expect(encoded("--b\r\n -\r\n-", as: "text/plain") == "=2D-b\r\n -\r\n=2D")
    }

    @Test(
        "base64",
        arguments: [
            ("", ""), ("a", "YQ=="), ("ab\r\n", "YWINCg=="),
            (String(repeating: "a", count: 57), String(repeating: "YWFh", count: 19)),
            (String(repeating: "a", count: 58), String(repeating: "YWFh", count: 19) + "\r\nYQ=="),
        ])
    func base64(text: String, expected: String) {
        #expect(encoded(text, as: "a/b") == expected)
    }

    @Test(
        "a readable part is quoted-printable",
        arguments: ["text/html", "message/partial", "x", "", "multipart/x"])
    func readable(type: String) {
        #expect(encoded("=", as: type) == "=3D")
    }
}
