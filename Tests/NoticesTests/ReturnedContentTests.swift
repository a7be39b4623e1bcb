import Mail
import Notices
import Testing

@Suite("What of the original comes back")
struct ReturnedContentTests {
    private static let whole = "A line.\n..a line with a dot\n"

    @Test(
        "RET decides, then the operator (RFC 3461 section 4.3)",
        arguments: [
            (nil, NoticeSettings.ReturnedContent.headers, false), (nil, .full, true), (.full, .headers, true),
            (.headers, .full, false),
        ] as [(MessageOptions.ReturnContent?, NoticeSettings.ReturnedContent, Bool)])
    func choice(asked: MessageOptions.ReturnContent?, content: NoticeSettings.ReturnedContent, isWhole: Bool) {
        var sample = Sample()
        sample.facts.options.returnContent = asked
        sample.settings.content = content
        #expect(sample.text.contains("Content-Type: message/rfc822\n") == isWhole)
        #expect(sample.text.contains("Content-Type: text/rfc822-headers\n") == !isWhole)
        #expect(sample.text.contains("\nA line.\n.a line with a dot\n") == isWhole)
        #expect(sample.text.contains("The message is attached.") == isWhole)
    }

    @Test("Only a failure brings the whole message back", arguments: [NoticeKind.delay, .success])
    func kinds(kind: NoticeKind) {
        var sample = Sample()
        sample.settings.content = .full
        sample.kind = kind
        #expect(!sample.text.contains("A line."))
    }

    @Test("The postmaster gets headers only", arguments: [NoticePlan.Purpose.copy, .doubleBounce])
    func postmaster(purpose: NoticePlan.Purpose) {
        var sample = Sample()
        sample.settings.content = .full
        sample.purpose = purpose
        #expect(!sample.text.contains("A line."))
    }

    @Test("A message comes back whole only if it fits, and was read whole")
    func limit() {
        var sample = Sample()
        sample.settings.content = .full
        // The message in wire form has one stuffed dot.
        sample.settings.maxContent = Sample.message.utf8.count - 1
        #expect(sample.text.contains("A line."))
        sample.settings.maxContent -= 1
        #expect(!sample.text.contains("A line."))
        #expect(sample.text.contains("Message-ID: <1@example.org>\n\n"))
        sample.settings.maxContent = 50_000
        sample.original = OriginalMessage(bytes: Array(Sample.message.utf8), isWhole: false)
        #expect(!sample.text.contains("A line."))
    }

    @Test("A header too long is cut at the end of a line", arguments: [0, 30, 31, 32, 64, 65])
    func cut(limit: Int) {
        var sample = Sample()
        sample.settings.maxContent = limit
        let part = sample.text.split(separator: "text/rfc822-headers\n")[1]
        #expect(part.contains("X-Posthorse-ID: 0ABCDEFGHJKMN\n") == (limit >= 31))
        #expect(part.contains("From: Alice <alice@example.org>\n") == (limit >= 64))
        #expect(!part.contains("To: bob"))
    }

    @Test("The piece of a line at which reading has ended does not come back")
    func piece() {
        var sample = Sample()
        sample.original = OriginalMessage(bytes: Array("X-Posthorse-ID: 1\r\nSubject: He\r".utf8), isWhole: false)
        #expect(sample.text.contains("X-Posthorse-ID: 1\n"))
        #expect(!sample.text.contains("Subject: He"))
    }

    @Test("What the writer may need of an original is enough for a whole one, whatever its dots")
    func readingLimit() {
        var settings = NoticeSettings(hostname: "relay.example")
        settings.maxContent = 9
        #expect(NoticeWriter(settings).originalLimit >= "..\r\n..\r\n..\r\n".utf8.count)
        settings.maxContent = .max
        #expect(NoticeWriter(settings).originalLimit == .max)
        settings.maxContent = .min
        #expect(NoticeWriter(settings).originalLimit >= 0)
    }

    @Test("A notice without its original has two parts and says why")
    func unreadable() {
        var sample = Sample()
        sample.original = nil
        #expect(!sample.text.contains("text/rfc822-headers"))
        #expect(sample.text.contains("The message itself could not be read, and is not attached."))
    }

    @Test("A line that is no field ends the header: the text is not disclosed")
    func oddLine() {
        var sample = Sample()
        sample.original = OriginalMessage(
            bytes: Array("X-Posthorse-ID: 1\r\nsecret words\r\nmore\r\n".utf8), isWhole: true)
        #expect(!sample.text.contains("secret"))
    }

    @Test("A header that is not made of short ASCII lines is encoded (RFC 6522 section 4)")
    func encoded() {
        for bytes in [[0x80], [0x00], [0x0D, 0x41], [0x0A, 0x41], [UInt8](repeating: 0x41, count: 999)] {
            var sample = Sample()
            let header = Array("Subject: ".utf8) + bytes + Array("\r\nTo: bob@example.net\r\n\r\nText".utf8)
            sample.original = OriginalMessage(bytes: header, isWhole: true)
            let text = sample.text
            #expect(text.contains("Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable\n\n"))
            #expect(text.contains("\nTo: bob@example.net\n"))
            #expect(sample.notice.content.allSatisfy { $0 != 0 && $0 < 0x80 })
        }
    }

    @Test("A message that cannot be enclosed comes back as its header (RFC 2046 section 5.2.1)")
    func binary() {
        var sample = Sample()
        sample.settings.content = .full
        let octets = Array(Sample.message.utf8) + [UInt8](repeating: 0x41, count: 999) + [0x0D, 0x0A]
        sample.original = OriginalMessage(bytes: octets, isWhole: true)
        #expect(sample.text.contains("Content-Type: text/rfc822-headers\n"))
    }

    @Test("8-bit text comes back as it is, and the notice needs 8BITMIME")
    func eightBit() {
        var sample = Sample()
        sample.settings.content = .full
        sample.original = OriginalMessage(bytes: Array(Sample.message.utf8) + [0xE4, 0x0D, 0x0A], isWhole: true)
        #expect(sample.notice.body == .eightBitMIME)
        #expect(sample.notice.content.contains(0xE4))
        #expect(!sample.notice.options.usesUTF8)
        #expect(sample.text.contains("Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n"))
    }

    @Test("The delimiter occurs in no part, whatever the original contains")
    func boundary() {
        var sample = Sample()
        sample.settings.content = .full
        let lines = [1, 2, 4].map { "--=_posthorse_0ABCDEFGHJKMP_\($0)=\r\n" }.joined()
        sample.original = OriginalMessage(bytes: Array((Sample.message + lines).utf8), isWhole: true)
        #expect(sample.text.contains("boundary=\"=_posthorse_0ABCDEFGHJKMP_3=\""))
    }
}
