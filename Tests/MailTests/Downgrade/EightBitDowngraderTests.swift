import TestKit
import Testing

@testable import Mail

/// RFC 6152 section 3, RFC 2045 section 6, RFC 2046 section 5, RFC 1428 section 3.
@Suite("Downgrading 8-bit content")
struct EightBitDowngraderTests {
    @Test("a message without MIME gets fields for its encoding and an unknown charset")
    func noMIME() {
        #expect(
            downgraded("X: y\r\nSubject: z\r\n\r\ncaf\u{E9} = \r\nend\r\n")
                == "X: y\r\nSubject: z\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
                + "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 =3D=20\r\nend\r\n")
    }

    @Test(
        "a single text part is quoted, and its label changed, however written",
        arguments: [
            "Content-Transfer-Encoding: 8bit\r\n", "CONTENT-transfer-ENCODING:8BIT\r\n",
            "Content-Transfer-Encoding:\r\n (an (odd) \\) comment)\r\n\t8Bit (more)\r\n",
            "Content-Transfer-Encoding : binary\r\n", "Content-Transfer-Encoding: utf-8\r\n",
            "Content-Transfer-Encoding: 7bit\r\n", "Content-Transfer-Encoding:\r\n",
        ])
    func oneText(label: String) {
        let before = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
        #expect(
            downgraded(before + label + "X: y\r\n\r\n\u{FC}\r\n")
                == before + "Content-Transfer-Encoding: quoted-printable\r\nX: y\r\n\r\n=C3=BC\r\n")
    }

    @Test("of several labels the first counts, and one remains")
    func twoLabels() {
        #expect(
            downgraded(
                "Content-Transfer-Encoding: 8bit\r\nMIME-Version: 1\r\nContent-Transfer-Encoding: base64\r\n\r\n\u{E9}\r\n"
            )
                == "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1\r\n"
                + "Content-Type: text/plain; charset=unknown-8bit\r\n\r\n=C3=A9\r\n")
    }

    @Test("non-text goes as base64, including the end of the last line")
    func leaf() {
        let header = "MIME-Version: 1.0\r\nContent-Type: application/pdf\r\n"
        #expect(
            downgraded(header + "\r\n\u{E9}\r\n") == header + "Content-Transfer-Encoding: base64\r\n\r\nw6kNCg==\r\n")
    }

    private static let parts = """
        Content-Type: multipart/mixed; boundary="a b"\r
        Content-Transfer-Encoding: 8bit\r
        MIME-Version: 1.0\r
        \r
        pr\u{E9}amble\r
        --a b\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Transfer-Encoding: 8bit\r
        \r
        \u{E9}\r
        \r
        --a b \r
        Content-Type: image/png\r
        Content-Transfer-Encoding: binary\r
        \r
        \u{E9}\r
        --a b\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        =E9 \r
        --a b\r
        \r
        --a bc\r
        text  \r
        --a b\r
        Content-Type: text/x\r
        content-transfer-encoding: 8bit\r
        \r
        ASCII\r
        --a b--\r
        \u{E9}pilogue\r

        """

    @Test("each part of a multipart gets the encoding it needs, and ASCII parts are unchanged")
    func multipart() {
        #expect(
            downgraded(Self.parts)
                == """
                Content-Type: multipart/mixed; boundary="a b"\r
                Content-Transfer-Encoding: 7bit\r
                MIME-Version: 1.0\r
                \r
                pr??amble\r
                --a b\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                =C3=A9\r
                \r
                --a b \r
                Content-Type: image/png\r
                Content-Transfer-Encoding: base64\r
                \r
                w6k=\r
                --a b\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                =E9 \r
                --a b\r
                \r
                --a bc\r
                text  \r
                --a b\r
                Content-Type: text/x\r
                Content-Transfer-Encoding: 7bit\r
                \r
                ASCII\r
                --a b--\r
                ??pilogue\r

                """)
    }

    @Test("the result is the same at every split, and downgrading it again changes nothing")
    func everyCut() {
        let content = Array(Self.parts.utf8)
        let whole = downgraded(content)
        for cut in 0...content.count { #expect(downgraded(content, cutAt: [cut]) == whole, "cut at \(cut)") }
        #expect(downgraded(content, cutAt: Array(1..<content.count)) == whole)
        #expect(downgraded(whole) == whole)
    }

    @Test("an embedded message has its own header")
    func message() {
        let outer = "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: "
        #expect(
            downgraded(outer + "8bit\r\n\r\nSubject: x\r\n\r\n\u{E9}\r\n")
                == outer + "7bit\r\n\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
                + "Content-Type: text/plain; charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                + "=C3=A9\r\n")
        // RFC 2046 section 5.1.5.
        let digest = "MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\n"
        #expect(
            downgraded(digest + "Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\n\u{E9}\r\n--x--\r\n")
                == digest + "Content-Type: text/plain\r\nMIME-Version: 1.0\r\n"
                + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9\r\n--x--\r\n")
    }

    /// RFC 2231 sections 3 and 4.
    @Test(
        "boundaries are read in all their forms",
        arguments: [
            "boundary=x", "charset=\"a;boundary=b\"; BOUNDARY=\"x\"", "boundary (c) = (d) x (e)",
            "boundary=\"\\x\";y=z",
            "boundary=\"x  \"", "boundary*0=x", "boundary*=us-ascii''%78", "boundary*1*=''; boundary*0=\"x\"",
            "\r\n\tboundary=\r\n x",
        ])
    func boundary(parameter: String) {
        let text =
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\(parameter)\r\n\r\n--x\r\n\r\nASCII\r\n--x--\r\n\u{E9}\r\n"
        #expect(downgraded(text) == text.replacing("\u{E9}", with: "??"))
    }

    @Test("an unquoted boundary with equals signs is accepted")
    func looseBoundary() {
        let type = "Content-Type: multipart/mixed; boundary=----=_Part_1.2\r\n"
        let text = "MIME-Version: 1.0\r\n\(type)\r\n------=_Part_1.2\r\n\r\nASCII\r\n------=_Part_1.2--\r\n\u{E9}\r\n"
        #expect(downgraded(text) == text.replacing("\u{E9}", with: "??"))
    }

    @Test("the outer delimiter ends the inner multipart even without its closing delimiter")
    func missingEnd() {
        let text = """
            MIME-Version: 1.0\r
            Content-Type: multipart/mixed; boundary=x\r
            \r
            --x\r
            Content-Type: multipart/alternative; boundary=y\r
            \r
            --y\r
            \r
            a\r
            --x\r
            Content-Type: text/plain; charset=utf-8\r
            \r
            \u{E9}\r

            """
        #expect(
            downgraded(text)
                == text.replacing(
                    "utf-8\r\n\r\n\u{E9}", with: "utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9"))
        // The end of the last line would belong to the missing delimiter.
        #expect(downgraded(text.replacing("text/plain", with: "a/b")).hasSuffix("base64\r\n\r\nw6k=\r\n"))
    }

    @Test("header fields are unchanged")
    func header() {
        let text = "Subject: \u{E9}\r\n\r\nASCII\r\n"
        #expect(downgraded(text) == text)
        #expect(downgraded("Subject: \u{E9}") == "Subject: \u{E9}")
        #expect(downgraded("") == "")
    }

    @Test("an unterminated header is terminated before its body is encoded")
    func noEmptyLine() {
        #expect(
            downgraded("MIME-Version: 1.0\r\nContent-Type: text/x\r\n\u{E9}: no field\r\n")
                == "MIME-Version: 1.0\r\nContent-Type: text/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                + "=C3=A9: no field\r\n")
    }

    @Test("stray octets in an encoded part are quoted, or replaced with characters outside base64")
    func stray() {
        let header = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: "
        #expect(
            downgraded("\(header)quoted-printable\r\n\r\n=E9 \u{E9}\r\n")
                == "\(header)quoted-printable\r\n\r\n=E9 =C3=A9\r\n")
        #expect(downgraded("\(header)base64\r\n\r\nw6k=\u{E9}\r\n") == "\(header)base64\r\n\r\nw6k=??\r\n")
    }

    @Test(
        "encoding never turns a line into a delimiter",
        arguments: [
            ("text/x", "8bit", "b=C3=A9", "=2D-b=C3=A9"), ("text/x", "quoted-printable", "b=C3=A9", "=2D-b=C3=A9"),
            ("a/b", "base64", "b??", " --b??"),
        ])
    func newDelimiter(type: String, encoding: String, boundary: String, expected: String) {
        let text =
            "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n"
            + "Content-Type: \(type)\r\nContent-Transfer-Encoding: \(encoding)\r\n\r\n--b\u{E9}\r\n--\(boundary)--\r\n"
        #expect(downgraded(text).hasSuffix("\r\n\r\n\(expected)\r\n--\(boundary)--\r\n"))
        let preamble = "Content-Type: multipart/mixed; boundary=\"b??\"\r\n\r\n--b\u{E9}\r\n--b??\r\n\r\n--b??--\r\n"
        #expect(downgraded(preamble) == preamble.replacing("--b\u{E9}", with: " --b??"))
    }

    // MARK: - Large content

    @Test("a body that shows its encoding late", arguments: [true, false])
    func longText(isLabelled: Bool) {
        let header =
            "MIME-Version: 1.0\r\nContent-Type: text/x\r\n\(isLabelled ? "Content-Transfer-Encoding: 8bit\r\n" : "")"
        let body = String(repeating: "0123456789\r\n", count: 10_000)
        let expected =
            "MIME-Version: 1.0\r\nContent-Type: text/x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        #expect(downgraded(header + "\r\n" + body + "\u{E9}\r\n") == expected + body + "=C3=A9\r\n")
    }

    @Test("a long ASCII part of a multipart is unchanged")
    func longPart() {
        let text =
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
            + String(repeating: "0123456789 \r\n", count: 10_000) + "--x\r\nContent-Type: text/x\r\n\r\n"
        #expect(
            downgraded(text + "\u{E9}\r\n--x--\r\n")
                == text.dropLast() + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9\r\n--x--\r\n")
    }

    @Test("no line exceeds the limit for mail, whatever the input")
    func longLines() {
        let line = String(repeating: "x\u{E9}", count: 5000)
        for type in ["text/x", "a/b"] {
            let text = downgraded(
                "MIME-Version: 1.0\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\(line)\r\n")
            #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        }
        let label = "Content-Transfer-Encoding: 8bit\r\n\r\n"
        let ascii = "MIME-Version: 1.0\r\n\(label)" + String(repeating: "x", count: 999) + "\r\n"
        #expect(downgraded(ascii).contains("Content-Transfer-Encoding: quoted-printable\r\n\r\nxxx"))
    }

    @Test("buffering is bounded, and an endless header passes through")
    func bounded() {
        var downgrader = EightBitDowngrader()
        var most = 0
        var (given, taken) = (0, 0)
        var out: [UInt8] = []
        func take(_ text: String, times: Int) {
            for _ in 0..<times {
                Array(text.utf8).withUnsafeBytes { downgrader.take($0, into: &out) }
                given += text.utf8.count
                taken += out.count
                out = []
                most = max(most, given - taken)
            }
        }
        take("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", times: 1)
        take("--x\r\nContent-Type: text/plain\r\n\r\n" + String(repeating: "y\r\n", count: 1000), times: 100)
        take(String(repeating: "z", count: 10_000), times: 100)
        take("\r\n--x\r\n", times: 1)
        take("X: " + String(repeating: "z", count: 10_000), times: 100)
        #expect(most < PartHeader.limit + EightBitDowngrader.lookAhead + 20_000)
        take("\r\n--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n", times: 200)
        #expect(given - taken < EightBitDowngrader.lookAhead + 2000)
    }

    /// A header needs no empty line, but what ends it must not become a field by what is put in place of its octets.
    @Test(
        "text right after a header stays text when its octets are replaced",
        arguments: ["", "X: y\r\n", "Content-Transfer-Encoding: base64\r\n"])
    func textAfterHeader(field: String) {
        let multipart = "Content-Type: multipart/mixed; boundary=b\r\n"
        let once = downgraded(multipart + "\u{E9}: a\r\nX: y\r\n\r\n--b\r\n" + field + "\u{E9}: a\r\n\r\n--b--\r\n")
        #expect(once.hasPrefix(multipart + "\r\n??: a\r\n"))
        #expect(once.contains("--b\r\n" + field) && once.contains("\r\n\r\n"))
        #expect(downgraded(once) == once)
    }

    @Test("levels beyond the limit are treated as one part")
    func deep() {
        var text = "MIME-Version: 1.0\r\n"
        for level in 0..<200 { text += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n" }
        text += "Content-Type: text/plain\r\n\r\n\u{E9}\r\n"
        let octets = downgraded(text).utf8
        #expect(octets.allSatisfy { $0 < 0x80 })
    }
}
