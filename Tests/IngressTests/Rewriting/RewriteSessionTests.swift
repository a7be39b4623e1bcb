import Mail
import SMTP
import Spool
import Suppression
import TestKit
import Testing

@testable import Ingress

@Suite("Rewriting in a session")
struct RewriteSessionTests {
    private func session(
        _ rules: RewriteRules, capturing: [String] = [], gate: RecipientGate = .open,
        _ change: @escaping (inout ListenerSettings) -> Void = { _ in }
    ) throws -> EmbeddedSession {
        try EmbeddedSession(capturing: capturing, gate: gate, rewrites: rules) {
            $0.offer = .everything
            change(&$0)
        }
    }

    private let header = "From: Ann <ann@old.example>\r\nReply-To: ann@old.example\r\n\r\n"

    private func stored(_ session: EmbeddedSession) throws -> (SpooledMessage, String) {
        let message = try #require(session.spool.messages.first)
        return (message, try #require(session.spool.text(of: message.id)))
    }

    @Test("sender, From and Reply-To are stored as they become, with the size of the result", arguments: [false, true])
    func all(byChunks: Bool) throws {
        let session = try session(
            try .test(
                "sender @old.example > bounces@new.example", "From @old.example > @new.example",
                "Reply-To @old.example > help@new.example"))
        let mail = "EHLO c\r\nMAIL FROM:<ann@old.example>\r\nRCPT TO:<b@x>\r\n"
        let content = header + "ann@old.example\r\n"
        _ = try session.send(
            byChunks ? "\(mail)BDAT \(content.utf8.count) LAST\r\n\(content)" : "\(mail)DATA\r\n\(content).\r\n")
        let (message, text) = try stored(session)
        #expect(message.sender.description == "bounces@new.example")
        #expect(
            text.hasSuffix(
                "From: Ann <ann@new.example>\r\nReply-To: help@new.example\r\n\r\nann@old.example\r\n"))
        #expect(message.size == text.utf8.count)
    }

    @Test("a large message is rewritten too, and is otherwise the same octets")
    func large() throws {
        let session = try session(try .test("From @old.example > @new.example"))
        let body = String(repeating: "From: ann@old.example\r\n", count: 4000)
        try session.startData()
        for part in [header, body] { _ = try session.send(part) }
        #expect(try session.send(".\r\n").hasPrefix("250 2.0.0 "))
        let (message, text) = try stored(session)
        #expect(text.hasSuffix("From: Ann <ann@new.example>\r\nReply-To: ann@old.example\r\n\r\n\(body)"))
        #expect(message.size == text.utf8.count)
    }

    @Test("senders and captured fields are what the client sent; the gate at RCPT hears the new sender")
    func order() throws {
        let gate = RecipientGate(isOpen: { false }) { question in
            #expect(question.sender.description == "ann@new.example")
            return nil
        }
        let session = try session(
            try .test("sender @old.example > @new.example", "From @old.example > @new.example"), capturing: ["from"],
            gate: gate
        ) { $0.senders = try? SenderCheckTests.senders("@old.example") }
        try session.startData(mail: "MAIL FROM:<ann@old.example>")
        #expect(try session.send("\(header)x\r\n.\r\n").hasPrefix("250 2.0.0 "))
        let (message, _) = try stored(session)
        #expect(message.routing.headers == ["from": "Ann <ann@old.example>"])
        #expect(try session.send("MAIL FROM:<ann@new.example>\r\n").hasPrefix("550 5.7.1 "))
    }
}
