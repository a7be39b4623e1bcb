import Mail
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

/// RFC 4865.
@Suite("Mail that is to be sent later")
struct ReleaseTests {
    private static let now = EmbeddedSession.moment
    private static let limit = Duration.seconds(30 * 86_400)

    private func session(_ change: (inout ListenerSettings) -> Void = { _ in }) throws -> EmbeddedSession {
        let session = try EmbeddedSession {
            $0.offer.futureRelease = true
            change(&$0)
        }
        _ = try session.send("EHLO client.test\r\n")
        return session
    }

    private func submit(
        _ header: String = "Subject: s\r\n", mail parameters: String = "", to session: EmbeddedSession
    ) throws -> String {
        let replies = try session.send(
            "MAIL FROM:<a@x>\(parameters)\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n\(header)\r\nbody\r\n.\r\n")
        return replies.split(separator: "\r\n").last.map(String.init) ?? ""
    }

    private func check(_ session: EmbeddedSession, waits: Duration?) throws {
        let message = try #require(session.spool.messages.last)
        let due = waits.map { Self.now + $0 }
        #expect(message.releaseAt == due)
        #expect(message.recipients.map(\.state) == Array(repeating: waits == nil ? .queued : .scheduled, count: 2))
        #expect(message.recipients.map(\.nextAttemptAt) == [due, due])
    }

    @Test("EHLO announces the longest interval, and the latest time as of now")
    func announced() throws {
        let session = try EmbeddedSession { $0.offer.futureRelease = true }
        let reply = try session.send("EHLO client.test\r\n")
        #expect(reply.contains("\r\n250-FUTURERELEASE 2592000 \((Self.now + Self.limit).dateTime)\r\n250 HELP\r\n"))
        #expect(try !session.send("HELO client.test\r\n").contains("FUTURERELEASE"))
        let other = try EmbeddedSession()
        #expect(try !other.send("EHLO client.test\r\n").contains("FUTURERELEASE"))
    }

    @Test(
        "HOLDFOR and HOLDUNTIL hold the message for all its recipients, up to the limit",
        arguments: [
            (" HOLDFOR=1", .seconds(1)), (" HOLDFOR=2592000", limit),
            (" HOLDUNTIL=\((now + .seconds(90)).rfc3339)", .seconds(90)),
            (" HOLDUNTIL=\((now + limit).rfc3339)", limit),
            (" HOLDUNTIL=\((now + .milliseconds(1)).rfc3339)", .milliseconds(1)),
            // The time has come.
            (" HOLDUNTIL=\(now.rfc3339)", nil), (" HOLDUNTIL=1999-12-31T23:59:59Z", nil), ("", nil),
        ] as [(String, Duration?)])
    func held(parameters: String, wait: Duration?) throws {
        let session = try session()
        #expect(try submit(mail: parameters, to: session).hasPrefix("250 2.0.0 Ok: queued as "))
        try check(session, waits: wait)
    }

    @Test(
        "beyond the limit MAIL is refused, and the session goes on",
        arguments: [" HOLDFOR=2592001", " HOLDFOR=999999999", " HOLDUNTIL=\((now + limit + .milliseconds(1)).rfc3339)"])
    func tooLate(parameters: String) throws {
        let session = try session()
        #expect(
            try session.send("MAIL FROM:<a@x>\(parameters)\r\n") == "501 5.5.4 Mail is held for at most 30 days\r\n")
        #expect(session.refusals == ["501 5.5.4 Mail is held for at most 30 days"])
        #expect(try submit(to: session).hasPrefix("250 "))
        try check(session, waits: nil)
    }

    @Test(
        "X-Posthorse-Send-At holds the message, and leaves the header",
        arguments: [
            ("X-Posthorse-Send-At: \((now + .seconds(60)).rfc3339)", .seconds(60)),
            ("x-posthorse-SEND-AT:\t\((now + .seconds(60)).dateTime) ", .seconds(60)),
            ("X-Posthorse-Send-At: Fri, 21 Nov 2025 22:20:21 +0000 (UTC)", .seconds(60)),
            ("X-Posthorse-Send-At: Fri,\r\n 21 Nov 2025\r\n\t23:20:21 +0100", .seconds(60)),
            ("X-Posthorse-Send-At: \((now + limit).rfc3339)", limit),
            ("X-Posthorse-Send-At: \(now.rfc3339)", nil), ("X-Posthorse-Send-At: 1 Jan 1970 00:00 GMT", nil),
        ] as [(String, Duration?)])
    func field(field: String, wait: Duration?) throws {
        let session = try session()
        #expect(try submit("Subject: s\r\n\(field)\r\nTo: b@x\r\n", to: session).hasPrefix("250 "))
        try check(session, waits: wait)
        let message = try #require(session.spool.messages.last)
        let text = try #require(session.spool.text(of: message.id))
        #expect(text.hasSuffix("\r\nSubject: s\r\nTo: b@x\r\n\r\nbody\r\n"))
        #expect(message.size == text.utf8.count)
    }

    private static let unreadable =
        "554 5.6.0 X-Posthorse-Send-At must be one date: RFC 3339 or RFC 5322, with its zone"

    @Test(
        "a date that cannot be read, or is too late, is refused in words",
        arguments: [
            ("X-Posthorse-Send-At: tomorrow\r\n", unreadable), ("X-Posthorse-Send-At:\r\n", unreadable),
            ("X-Posthorse-Send-At: 2026-11-21T10:00:00\r\n", unreadable),
            ("X-Posthorse-Send-At: 2026-02-30T10:00:00Z\r\n", unreadable),
            ("X-Posthorse-Send-At: \u{e9}\r\n", unreadable),
            (
                "X-Posthorse-Send-At: \(now.rfc3339)\r\nSubject: s\r\nX-Posthorse-Send-At: \(now.rfc3339)\r\n",
                unreadable
            ),
            ("X-Posthorse-Send-At: \(now.rfc3339)\(String(repeating: " x", count: 300))\r\n", unreadable),
            (
                "X-Posthorse-Send-At: \((now + limit + .milliseconds(1)).rfc3339)\r\n",
                "554 5.6.0 X-Posthorse-Send-At is more than 30 days ahead"
            ),
        ])
    func refused(header: String, reply: String) throws {
        let session = try session()
        #expect(try submit(header, to: session) == reply)
        #expect(session.spool.messages.isEmpty)
        #expect(session.refusals == [reply])
        #expect(try submit(to: session).hasPrefix("250 "))
    }

    @Test("what MAIL says counts, whatever the field says", arguments: ["2025-11-21T22:20:21Z", "nonsense"])
    func precedence(value: String) throws {
        let session = try session()
        #expect(try submit("X-Posthorse-Send-At: \(value)\r\n", mail: " HOLDFOR=5", to: session).hasPrefix("250 "))
        try check(session, waits: .seconds(5))
        #expect(session.spool.text(of: session.spool.messages[0].id)?.contains("Send-At") == false)
    }

    @Test("a field that only begins like it, or stands in the body, is content")
    func others() throws {
        let session = try session()
        let header = "X-Posthorse-Send: x\r\nX-Posthorse-Send-At-Noon: x\r\n\r\nX-Posthorse-Send-At: x\r\n"
        #expect(try submit(header, to: session).hasPrefix("250 "))
        #expect(session.spool.text(of: session.spool.messages[0].id)?.contains(header) == true)
        try check(session, waits: nil)
    }

    @Test("the same mail for another time is another mail; with a key it is the same")
    func resubmitted() throws {
        let session = try session { $0.dedupWindow = .seconds(600) }
        let mail = "Message-ID: <1@x>\r\n"
        for parameters in [" HOLDFOR=5", " HOLDFOR=5", " HOLDFOR=6", ""] {
            _ = try submit(mail, mail: parameters, to: session)
        }
        #expect(session.spool.messages.count == 3)
        for parameters in [" HOLDFOR=5", " HOLDFOR=6"] {
            _ = try submit("Idempotency-Key: k\r\n", mail: parameters, to: session)
        }
        #expect(session.spool.messages.count == 4)
    }
}
