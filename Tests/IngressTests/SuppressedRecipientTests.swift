import Mail
import Spool
import Suppression
import TestKit
import Testing

@testable import Ingress

@Suite("A suppressed recipient at RCPT")
struct SuppressedRecipientTests {
    private func session(_ patterns: String..., route: String? = nil) throws -> EmbeddedSession {
        let index = SuppressionIndex()
        for text in patterns {
            index.set(
                SuppressionEntry(
                    SuppressionKey(try SuppressionPattern(text)), reason: "", source: .operator, addedBy: "uid:0",
                    addedAt: EmbeddedSession.moment))
        }
        let gate = RecipientGate(isOpen: { index.count == 0 }) { question in
            guard question.sender.description != "free@x" else { return nil }
            return index.match(question.recipient.text, route: "default", at: EmbeddedSession.moment)
        }
        let session = try EmbeddedSession(gate: gate)
        _ = try session.send("EHLO client.test\r\n")
        return session
    }

    private let refusal = "550 5.1.1 bob@x is suppressed: by operator uid:0 at 2025-11-21T22:19:21Z\r\n"

    @Test("is refused with who suppressed it and when; the rest of the message comes in")
    func refused() throws {
        let session = try session("bob@x")
        let replies = try session.send(
            "MAIL FROM:<a@x>\r\nRCPT TO:<ann@x>\r\nRCPT TO:<Bob@X>\r\nDATA\r\nSubject: s\r\n\r\nbody\r\n.\r\n")
        let lines = replies.split(separator: "\r\n").map { "\($0)\r\n" }
        #expect(lines[0].hasPrefix("250 2.1.0") && lines[1].hasPrefix("250 2.1.5") && lines[2] == refusal)
        #expect(lines[3].hasPrefix("354 ") && lines[4].hasPrefix("250 2.0.0 "))
        #expect(session.spool.messages.map { $0.recipients.map(\.address.text) } == [["ann@x"]])
        let told = session.events.compactMap { event -> String? in
            guard case .suppressed(let client, let sender, let recipient, let match) = event else { return nil }
            return "\(client) \(sender) \(recipient) \(match.key.pattern)"
        }
        #expect(told == ["127.0.0.1 a@x Bob@X bob@x"])
        #expect(session.refusals.isEmpty)
    }

    @Test("counts no error of the client, and uses none of its limits")
    func innocent() throws {
        let session = try session("@x")
        _ = try session.send("MAIL FROM:<a@y>\r\n")
        for number in 0..<200 { #expect(try session.send("RCPT TO:<r\(number)@x>\r\n").hasPrefix("550 5.1.1 ")) }
        #expect(try session.send("RCPT TO:<ann@y>\r\nDATA\r\n").hasPrefix("250 2.1.5 Ok\r\n354 "))
    }

    @Test("may be free for some mail")
    func free() throws {
        let session = try session("bob@x")
        #expect(try session.send("MAIL FROM:<free@x>\r\nRCPT TO:<bob@x>\r\n").hasSuffix("250 2.1.5 Ok\r\n"))
        #expect(try session.send("RSET\r\nMAIL FROM:<a@x>\r\nRCPT TO:<bob@x>\r\n").hasSuffix(refusal))
    }
}
