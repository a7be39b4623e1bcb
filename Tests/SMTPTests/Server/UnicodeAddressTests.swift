import Testing

@testable import SMTP

@Suite("Addresses beyond ASCII")
struct UnicodeAddressTests {
    private func reply(_ mail: [UInt8]) -> String {
        var driver = SessionDriver()
        driver.send("EHLO c.test\r\n")
        driver.send(mail + Array("\r\n".utf8))
        return driver.take().last ?? ""
    }

    private func reply(_ path: String) -> String { reply(Array("MAIL FROM:\(path) SMTPUTF8".utf8)) }

    /// RFC 6531 section 3.3.
    @Test(
        "letters of all scripts are accepted",
        arguments: [
            "<j\u{f6}rg@b.test>", "<a@b\u{fc}cher.test>", "<\u{4f60}\u{597d}@\u{4f8b}\u{3048}.test>",
            "<\"j\u{f6} rg\"@b.test>", "<a@stra\u{df}e.test>", "<a@\u{dc}ber.test>", "<a.\u{e4}.b@c>",
            "<\u{e4}\u{e4}x\u{e4}@x\u{e4}-\u{e4}.test>", "<\u{1F600}@b.test>",
        ])
    func accepted(path: String) {
        #expect(reply(path) == "250 2.1.0 Ok")
        #expect(reply(Array("MAIL FROM:\(path)".utf8)).hasPrefix("553 5.6.7"))
    }

    @Test(
        "characters that could end, turn or hide something are refused in both parts",
        arguments: [
            0x80, 0x85, 0x9F, 0xA0, 0x2028, 0x2029, 0x200B, 0x200E, 0x202E, 0x2066, 0x3000, 0xFEFF, 0xFFFE, 0xFDD0,
            0x10FFFF, 0xE000, 0xAD,
        ] as [UInt32])
    func refused(value: UInt32) throws {
        let character = try #require(Unicode.Scalar(value))
        #expect(reply("<a\(character)b@c.test>").hasPrefix("501 5.1.7"))
        #expect(reply("<\"a\(character)b\"@c.test>").hasPrefix("501 5.1.7"))
        #expect(reply("<a@b\(character)c.test>").hasPrefix("501 5.1.7"))
    }

    /// RFC 5892 section 2.1.
    @Test(
        "no label contains anything that passes for a dot, an at sign or a slash",
        arguments: [
            "\u{3002}", "\u{FF0E}", "\u{FF61}", "\u{FF20}", "\u{2044}", "\u{FF0F}", "\u{2100}", "\u{1F600}", "\u{FF41}",
            "\u{FDFA}", "\u{24D0}",
        ])
    func labels(character: String) {
        #expect(reply("<a@b\(character)c.test>").hasPrefix("501 5.1.7"))
    }

    /// RFC 5891 section 4.2.3.2.
    @Test("a label does not begin with a combining mark")
    func mark() {
        #expect(reply("<a@\u{301}a.test>").hasPrefix("501"))
    }

    @Test(
        "common deviations are accepted beyond ASCII too",
        arguments: [
            "<\(String(repeating: "\u{e4}", count: 100))@b>", "<.\u{e4}..\u{e4}.@b>", "< a@b\u{fc}cher. >", "\u{e4}@b",
        ])
    func lenient(path: String) {
        #expect(reply(path) == "250 2.1.0 Ok")
        #expect(reply(Array("MAIL FROM:\(path)".utf8)).hasPrefix("553 5.6.7"))
    }

    @Test("only ASCII spaces count as blanks", arguments: ["\u{a0}", "\u{3000}", "\u{2003}", "\u{feff}"])
    func blanks(space: String) {
        #expect(reply("<\(space)a@b>").hasPrefix("501 5.1.7"))
        #expect(reply("<a@b\(space)>").hasPrefix("501 5.1.7"))
    }

    /// RFC 3629 section 4.
    @Test(
        "octets that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xC1, 0x81], [0xE0, 0x80, 0xAF], [0xE4, 0xBD], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0xAF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3, 0x28], [0xC3, 0xC3],
        ] as [[UInt8]])
    func malformed(octets: [UInt8]) {
        for form in [("<a", "@b.test> SMTPUTF8"), ("<a@b", "> SMTPUTF8"), ("<\"", "\"@b> SMTPUTF8")] {
            #expect(reply(Array("MAIL FROM:\(form.0)".utf8) + octets + Array(form.1.utf8)).hasPrefix("501 5.1.7"))
        }
    }

    /// RFC 6531 section 3.5.
    @Test("a recipient needs the parameter at MAIL")
    func recipient() {
        for (mail, expected) in [("", "553 5.6.7"), (" SMTPUTF8", "250 2.1.5")] {
            var driver = SessionDriver()
            driver.send("EHLO c.test\r\nMAIL FROM:<>\(mail)\r\nRCPT TO:<\u{e4}@b.test>\r\n")
            #expect(driver.take().last?.hasPrefix(expected) == true)
        }
    }

    /// RFC 6531 section 3.7.4.2.
    @Test(
        "VRFY beyond ASCII needs the parameter too",
        arguments: [
            ("VRFY \u{e4}", "553 5.6.7"), ("VRFY \u{e4} SMTPUTF8", "252"), ("VRFY a SMTPUTF8", "252"),
            ("VRFY", "501 5.5.4"),
            ("VRFY \u{202E} SMTPUTF8", "501 5.1.3"),
        ])
    func verify(line: String, expected: String) {
        #expect(reply(Array(line.utf8)).hasPrefix(expected))
    }
}
