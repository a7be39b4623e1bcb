import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress
@testable import SMTP

@Suite("Extensions, from client to spool")
struct ExtensionFlowTests {
    private func session() throws -> EmbeddedSession {
        let session = try EmbeddedSession {
            $0.offer.binaryMIME = true
            $0.offer.utf8 = true
            $0.offer.dsn = true
            $0.offer.transferPriority = true
        }
        _ = try session.replies()
        return session
    }

    private static let open = "EHLO client.test\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"

    @Test("chunks are stored like DATA")
    func chunks() throws {
        let session = try session()
        let mail = "Subject: hello\r\n\r\nline\r\n.dotted\r\nend"
        let parts = (mail.prefix(19), mail.dropFirst(19))
        try session.send(
            Self.open + "BDAT \(parts.0.utf8.count)\r\n\(parts.0)BDAT \(parts.1.utf8.count) LAST\r\n\(parts.1)")
        let stored = try #require(session.spool.text(of: QueueID(rawValue: 1)))
        #expect(stored == MessageFlowTests.header + mail.replacing("\r\n.", with: "\r\n..") + "\r\n")
        #expect(session.spool.messages.first?.size == stored.utf8.count - 1)
    }

    @Test("a large chunk is passed on in parts, and RSET leaves nothing of it")
    func large() throws {
        let session = try session()
        let line = String(repeating: "x", count: 98) + "\r\n"
        let text = "A: b\r\n\r\n" + String(repeating: line, count: 3000)
        try session.send(Self.open + "BDAT \(text.utf8.count)\r\n")
        for start in stride(from: 0, to: text.utf8.count, by: 9001) {
            try session.send(String(text.utf8.dropFirst(start).prefix(9001))!)
            #expect(session.handler.message.held.readableBytes <= 64 << 10)
        }
        #expect(session.spool.openStreams == 1)
        #expect(try session.send("RSET\r\n") == "250 2.0.0 Ok\r\n")
        #expect(session.spool.openStreams == 0)
        #expect(session.refusals.isEmpty)
        try session.send("MAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nBDAT \(text.utf8.count) LAST\r\n")
        try session.send(text)
        #expect(session.spool.messages.count == 1)
        #expect(session.spool.text(of: QueueID(rawValue: 1))?.hasSuffix("\r\n" + text) == true)
    }

    @Test("options are stored with the message and its recipients")
    func options() throws {
        let session = try session()
        try session.send(
            "EHLO client.test\r\nMAIL FROM:<\u{e4}@b.test> SMTPUTF8 RET=HDRS ENVID=x MT-PRIORITY=-3 BODY=8BITMIME\r\n"
                + "RCPT TO:<a@b>\r\nRCPT TO:<c@d> NOTIFY=NEVER ORCPT=rfc822;e@f\r\nBDAT 0 LAST\r\n")
        let message = try #require(session.spool.messages.first)
        #expect(message.options.parameters == "SMTPUTF8 MT-PRIORITY=-3 RET=HDRS ENVID=x")
        #expect(message.recipients.map(\.options.parameters) == ["", "NOTIFY=NEVER ORCPT=rfc822;e@f"])
        #expect(message.priority == .bulk)
        #expect(session.spool.text(of: message.id)?.contains(" with UTF8SMTP id ") == true)
    }

    @Test(
        "the needed body type is stored besides the declared one",
        arguments: [
            ("", "A: b\r\n\r\nabc\r\n", BodyType.sevenBit), ("", "A: b\r\n\r\n\u{E9}\r\n", .eightBitMIME),
            (" BODY=8BITMIME", "A: b\r\n\r\nabc\r\n", .sevenBit),
            (" BODY=8BITMIME", "A: \u{E9}\r\n\r\nabc\r\n", .eightBitMIME),
            (" BODY=BINARYMIME", "A: b\r\n\r\nabc\r\n", .sevenBit),
            (" BODY=BINARYMIME", "A: b\r\n\r\n\u{E9}\r\n", .eightBitMIME),
            (" BODY=BINARYMIME", "A: b\r\n\r\nabc", .binaryMIME),
        ])
    func contained(parameter: String, content: String, expected: BodyType) throws {
        let session = try session()
        // Earlier messages do not matter.
        try session.send(Self.open + "BDAT 2\r\n\u{E9}RSET\r\n")
        let open = Self.open.replacing("org>\r\nRCPT", with: "org>\(parameter)\r\nRCPT")
        for _ in 0..<2 { try session.send(open + "BDAT \(content.utf8.count) LAST\r\n\(content)") }
        #expect(session.spool.messages.map(\.contained) == [expected, expected])
        #expect(session.spool.messages.map(\.body.rawValue) == Array(repeating: declared(parameter), count: 2))
    }

    private func declared(_ parameter: String) -> String {
        parameter.isEmpty ? "7BIT" : String(parameter.dropFirst(6))
    }

    @Test("a client that may not raise the priority is told so")
    func priority() throws {
        let session = try session()
        let replies = try session.send(
            "EHLO client.test\r\nMAIL FROM:<> MT-PRIORITY=4\r\nRCPT TO:<a@b>\r\nBDAT 0 LAST\r\n")
        #expect(replies.contains("250 2.3.6 0 "))
        #expect(session.spool.messages.first?.priority == .normal)
        #expect(session.spool.messages.first?.options.transferPriority == 0)
    }

    @Test(
        "an endless header is refused in bounded memory, and the next message is accepted", arguments: [true, false])
    func endlessHeader(isOneLine: Bool) throws {
        let session = try session()
        try session.startData()
        let line = isOneLine ? String(repeating: "x", count: 8192) : "X-A: \(String(repeating: "y", count: 8185))\r\n"
        if isOneLine { try session.send("X-A: ") }
        for _ in 0..<200 {
            try session.send(line)
            #expect(session.handler.message.held.readableBytes <= 64 << 10)
        }
        #expect(try session.send("\r\n\r\n.\r\n").hasPrefix("552 5.3.4 The header"))
        #expect(session.spool.openStreams == 0)
        try session.startData()
        #expect(try session.send("A: b\r\n\r\n.\r\n").hasPrefix("250"))
        #expect(session.spool.messages.count == 1)
    }

    @Test("a long line in the body passes")
    func longLine() throws {
        let session = try session()
        try session.startData()
        #expect(
            try session.send("A: b\r\n\r\n" + String(repeating: "x", count: 400_000) + "\r\n.\r\n").hasPrefix("250"))
    }

    /// RFC 3848 section 1, RFC 6531 section 4.3.
    @Test(
        "the clause says how the message was received",
        arguments: [
            (TransmissionType(isExtended: false, isEncrypted: true), "SMTP"),
            (TransmissionType(isExtended: true), "ESMTP"),
            (TransmissionType(isExtended: true, isEncrypted: true), "ESMTPS"),
            (TransmissionType(isExtended: true, isEncrypted: true, isAuthenticated: true), "ESMTPSA"),
            (TransmissionType(isExtended: true, isAuthenticated: true), "ESMTPA"),
            (TransmissionType(isExtended: true, usesUTF8: true), "UTF8SMTP"),
            (
                TransmissionType(isExtended: true, usesUTF8: true, isEncrypted: true, isAuthenticated: true),
                "UTF8SMTPSA"
            ),
        ])
    func clause(type: TransmissionType, word: String) {
        #expect(type.clause.description == " with \(word) id ")
    }
}
