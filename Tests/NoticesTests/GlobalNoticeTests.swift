import Mail
import Notices
import Testing

/// RFC 6533.
@Suite("Notices about internationalized mail")
struct GlobalNoticeTests {
    @Test("Addresses in UTF-8 stand as they are in a report in UTF-8 (RFC 6533 section 3)")
    func addresses() {
        var sample = Sample()
        sample.facts.recipients[0].address = Address(unchecked: "\u{FC}@example.net")
        sample.facts.recipients[0].options.originalRecipient = #"utf-8;\x{4F60}+x@example.net"#
        let text = sample.text
        #expect(text.contains("report-type=global-delivery-status;"))
        #expect(text.contains("Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n"))
        #expect(text.contains("\nFinal-Recipient: utf-8; \u{FC}@example.net\n"))
        #expect(text.contains("\nOriginal-Recipient: utf-8; \u{4F60}+x@example.net\n"))
        #expect(sample.notice.body == .eightBitMIME)
    }

    @Test("A sender in ASCII gets a header in ASCII, which needs no SMTPUTF8")
    func asciiSender() {
        var sample = Sample()
        sample.facts.options.usesUTF8 = true
        sample.facts.recipients[0].address = Address(unchecked: "\u{FC}@example.net")
        #expect(!sample.notice.options.usesUTF8)
        #expect(!sample.text.contains("X-Failed-Recipients"))
    }

    @Test("A sender in UTF-8 needs SMTPUTF8")
    func globalSender() {
        let sample = Sample(sender: "\u{E4}@example.org")
        #expect(sample.notice.options.usesUTF8)
        #expect(sample.notice.options.hasUTF8Header)
        #expect(sample.text.contains("\nTo: <\u{E4}@example.org>\n"))
    }

    @Test("A header in UTF-8 comes back as such, and one in another charset encoded")
    func headers() {
        var sample = Sample()
        sample.facts.options.usesUTF8 = true
        sample.original = OriginalMessage(bytes: Array("Subject: \u{E4}\r\n\r\n".utf8), isWhole: true)
        #expect(sample.text.contains("Content-Type: message/global-headers\nContent-Transfer-Encoding: 8bit\n"))
        #expect(sample.text.contains("\nSubject: \u{E4}\n"))
        sample.original = OriginalMessage(
            bytes: Array("Subject: ".utf8) + [0xE4, 0x0D, 0x0A, 0x0D, 0x0A], isWhole: true)
        #expect(
            sample.text.contains("Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable\n"))
        #expect(sample.text.contains("\nSubject: =E4\n"))
    }

    @Test("A whole message with a header in UTF-8 is message/global")
    func whole() {
        var sample = Sample()
        sample.facts.options.usesUTF8 = true
        sample.settings.content = .full
        sample.original = OriginalMessage(bytes: Array("Subject: \u{E4}\r\n\r\n".utf8), isWhole: true)
        #expect(sample.text.contains("Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n"))
    }

    @Test(
        "For a server without 8BITMIME the parts are encoded, and nothing is left beyond ASCII (RFC 6533 section 4.5)")
    func downgraded() {
        var sample = Sample()
        sample.facts.options.usesUTF8 = true
        sample.facts.recipients[0].address = Address(unchecked: "\u{FC}@example.net")
        sample.original = OriginalMessage(bytes: Array("Subject: \u{E4}\r\n\r\n".utf8), isWhole: true)
        let text = downgrade(sample.notice)
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(
            text.contains("Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: quoted-printable")
        )
        #expect(text.contains("\r\nFinal-Recipient: utf-8; =C3=BC@example.net\r\n"))
        #expect(text.contains("\r\nSubject: =C3=A4\r\n"))
    }

    private func downgrade(_ notice: Notice) -> String {
        var downgrader = EightBitDowngrader()
        var octets: [UInt8] = []
        notice.content.withUnsafeBytes { downgrader.take($0, into: &octets) }
        downgrader.finish(into: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    @Test("Words of an upstream beyond ASCII are question marks in a report in ASCII, and themselves in the text")
    func reply() {
        var sample = Sample()
        sample.facts.recipients[0].reply = "550 na\u{EF}ve"
        #expect(sample.text.contains("Diagnostic-Code: smtp; 550 na?ve\n"))
        #expect(sample.text.contains("The server ses replied: 550 na=C3=AFve\n"))
        #expect(sample.notice.body == .sevenBit)
        sample.facts.options.usesUTF8 = true
        #expect(sample.text.contains("Diagnostic-Code: smtp; 550 na\u{EF}ve\n"))
    }
}
