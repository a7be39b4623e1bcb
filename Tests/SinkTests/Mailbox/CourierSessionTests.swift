import Testing

@testable import Sink

@Suite("A courier's session with the sink that has the mailboxes")
struct CourierSessionTests {
    private static func mail(_ content: String, _ recipients: [String] = ["a@example.net", "b@example.net"])
        -> DeliveredMail
    {
        var message = SinkMessage(
            number: 3, takenAt: 1_796_040_000_000_000, sender: "s@example.org", recipients: recipients, size: 1,
            replied: true)
        message.client = "127.0.0.1"
        return DeliveredMail(message, Array(content.utf8), by: "primary", isJunk: false)
    }

    private static func text(_ action: CourierSession.Action) -> String {
        guard case .send(let octets) = action else { return "\(action)" }
        return String(decoding: octets, as: UTF8.self)
    }

    private static func ready() -> CourierSession {
        var session = CourierSession(name: "primary")
        _ = session.received("220 mailbox", nil)
        _ = session.received("250 ok", nil)
        return session
    }

    @Test("brings a message, and waits for the next one")
    func delivery() {
        let mail = Self.mail("A: 1\r\n\r\n.dot\r\nend\r\n")
        var session = CourierSession(name: "primary")
        #expect(Self.text(session.received("220 mailbox ESMTP", mail)) == "EHLO primary\r\n")
        #expect(session.received("250-mailbox", mail) == .wait)
        #expect(!session.isReady)
        #expect(session.received("250 SIZE", mail) == .wait)
        #expect(session.isReady)
        #expect(Self.text(session.begin(mail)) == "MAIL FROM:<s@example.org>\r\n")
        #expect(Self.text(session.received("250 ok", mail)) == "RCPT TO:<a@example.net>\r\n")
        #expect(Self.text(session.received("250 ok", mail)) == "RCPT TO:<b@example.net>\r\n")
        #expect(Self.text(session.received("250 ok", mail)) == "DATA\r\n")
        #expect(
            Self.text(session.received("354 go", mail))
                == "Received: from [127.0.0.1]\r\n\tby primary with ESMTP id 3;\r\n\tMon, 30 Nov 2026 12:00:00 +0000\r\n"
                + "A: 1\r\n\r\n..dot\r\nend\r\n.\r\n")
        #expect(session.received("250 taken", mail) == .delivered)
        #expect(session.isReady)
    }

    @Test("gives up a message that is refused for good, and tries again after anything else")
    func refusal() {
        let mail = Self.mail("A: 1\r\n\r\n")
        var session = Self.ready()
        _ = session.begin(mail)
        #expect(session.received("553 5.1.3 No", mail) == .refused("553 5.1.3 No"))
        for line in ["451 Later", "421 Bye", "what", ""] {
            var session = Self.ready()
            _ = session.begin(mail)
            #expect(session.received(line, mail) == .fail("it says \(line)"))
        }
        var early = CourierSession(name: "primary")
        #expect(early.received("554 No", mail) == .fail("it says 554 No"))
        var unasked = Self.ready()
        #expect(unasked.received("421 Bye", nil) == .fail("it says 421 Bye to nothing"))
    }

    @Test("ends content that has no line end with one")
    func unended() {
        #expect(Self.mail("A: 1").onWire.suffix(9) == Array("A: 1\r\n.\r\n".utf8)[...])
    }
}

@Suite("What becomes of a message behind its 250")
struct MailFateTests {
    @Test("it is delivered once, at once, unless a fault says otherwise")
    func fates() {
        #expect(MailFate(nil, delay: nil).copies == 1)
        #expect(MailFate(.discard, delay: nil).copies == 0)
        #expect(MailFate(.twice, delay: .seconds(1)).copies == 2)
        #expect(MailFate(.junk, delay: .seconds(1)).isJunk)
        #expect(MailFate(.junk, delay: .seconds(1)).delay == .seconds(1))
    }
}
