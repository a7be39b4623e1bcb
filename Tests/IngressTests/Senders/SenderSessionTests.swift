import Mail
import SASL
import SMTP
import Spool
import Suppression
import TestKit
import Testing

@testable import Ingress

@Suite("Senders in a session")
struct SenderSessionTests {
    private func session(_ patterns: String...) throws -> EmbeddedSession {
        let senders = AllowedSenders(try patterns.map { try SuppressionPattern($0) })
        let session = try EmbeddedSession {
            $0.senders = senders
            $0.offer = .everything
        }
        _ = try session.send("EHLO client.test\r\n")
        return session
    }

    private let envelope = "MAIL FROM:<ann@example.com>\r\nRCPT TO:<b@example.org>\r\n"
    private let evil = "550 5.7.1 From: <chief@evil.example> is no sender that this listener takes\r\n"

    @Test("one that may not be is refused at MAIL, and the session goes on")
    func mail() throws {
        let session = try session("@example.com")
        #expect(
            try session.send("MAIL FROM:<ann@x>\r\nRCPT TO:<b@x>\r\n").hasPrefix(
                "550 5.7.1 MAIL FROM <ann@x> is no sender that this listener takes\r\n503 "))
        #expect(try session.send("MAIL FROM:<>\r\n").hasPrefix("250 "))
        #expect(try session.send("RSET\r\n\(envelope)DATA\r\n").hasSuffix("354 End data with <CR><LF>.<CR><LF>\r\n"))
        #expect(try session.send("From: Ann <ann@example.com>\r\n\r\nx\r\n.\r\n").hasPrefix("250 2.0.0 "))
        #expect(session.refusals == ["550 5.7.1 MAIL FROM <ann@x> is no sender that this listener takes"])
    }

    @Test("From is checked at the end of the content, at every split, and nothing is kept of what is refused")
    func data() throws {
        let content = "Subject: x\r\n.From: Ann\r\n. <ann@example.com>,\r\n\tchief@evil.example\r\n\r\nx\r\n.\r\n"
        for cut in stride(from: 0, through: content.utf8.count - 1, by: 7) {
            let session = try session("@example.com")
            _ = try session.send(envelope + "DATA\r\n")
            let text = Array(content.utf8)
            #expect(try session.send(String(decoding: text[..<cut], as: UTF8.self)) == "")
            #expect(try session.send(String(decoding: text[cut...], as: UTF8.self)) == evil)
            #expect(session.spool.messages.isEmpty)
            #expect(try session.send(envelope + "DATA\r\n").contains("354 "))
            #expect(try session.send("Subject: none\r\n\r\nx\r\n.\r\n").hasPrefix("250 2.0.0 "))
        }
    }

    @Test("a large message is refused too")
    func large() throws {
        let session = try session("@example.com")
        _ = try session.send(envelope + "DATA\r\nFrom: chief@evil.example\r\n\r\n")
        for _ in 0..<10 { _ = try session.send(String(repeating: "xxxxxxxx\r\n", count: 1000)) }
        #expect(try session.send(".\r\n") == evil)
        #expect(session.spool.messages.isEmpty)
    }

    @Test("From in chunks is checked")
    func chunks() throws {
        let session = try session("@example.com")
        let content = "From: chief@evil.example\r\n\r\nx\r\n"
        let reply = try session.send(envelope + "BDAT \(content.utf8.count) LAST\r\n" + content)
        #expect(reply.hasSuffix(evil))
    }

    @Test("From in binary content is found behind line ends that only some readers see")
    func binary() throws {
        let session = try session("@example.com")
        let content = "Subject: x\rFrom: chief@evil.example\r\n\r\n\u{0}"
        let mail = "MAIL FROM:<ann@example.com> BODY=BINARYMIME\r\nRCPT TO:<b@example.org>\r\n"
        #expect(try session.send(mail + "BDAT \(content.utf8.count) LAST\r\n" + content).hasSuffix(evil))
    }

    @Test("without a list, From may say anything")
    func free() throws {
        let session = try EmbeddedSession()
        try session.startData()
        #expect(try session.send("From: <<<\r\n\r\nx\r\n.\r\n").hasPrefix("250 2.0.0 "))
        #expect(session.handler.message.from == nil)
    }
}
