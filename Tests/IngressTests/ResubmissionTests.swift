import Mail
import NIOCore
import NIOEmbedded
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Resubmitted messages")
struct ResubmissionTests {
    static let envelope = "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"
    static let mail = "Message-ID: <1@x>\r\nSubject: s\r\n\r\nbody\r\n"

    private func session(
        spool: FaultySpool = FaultySpool(), client: String = "127.0.0.1",
        _ change: (inout ListenerSettings) -> Void = { _ in }
    ) throws -> EmbeddedSession {
        let session = try EmbeddedSession(spool: spool, client: client) {
            $0.dedupWindow = .seconds(600)
            $0.allow = ["0.0.0.0/0", "::/0"]
            change(&$0)
        }
        try session.send("EHLO client.test\r\n")
        return session
    }

    /// Submits a mail; returns the last reply line without its end.
    private func submit(
        _ mail: String, _ envelope: String = Self.envelope, to session: EmbeddedSession
    ) throws -> String {
        let replies = try session.send("\(envelope)DATA\r\n\(mail).\r\n")
        return replies.split(separator: "\r\n").last.map(String.init) ?? ""
    }

    private static let first = "250 2.0.0 Ok: queued as 0000000000001"
    private static let refusal = "554 5.6.0 This Idempotency-Key was used for another message"

    @Test("the same Message-ID, envelope and content get the original queue ID, and there is one message")
    func sameMail() throws {
        let spool = FaultySpool()
        #expect(try submit(Self.mail, to: session(spool: spool)) == Self.first)
        let again = try session(spool: spool)
        #expect(try submit(Self.mail, to: again) == Self.first)
        #expect(spool.messages.count == 1)
        #expect(
            again.events.contains {
                if case .resubmitted(QueueID(rawValue: 1), _, _, "<1@x>") = $0 { true } else { false }
            })
        #expect(!again.events.contains { if case .accepted = $0 { true } else { false } })
        #expect(try submit(Self.mail, to: again) == Self.first)
    }

    @Test("after an mbox separator line the key and the Message-ID are found too")
    func mailboxLine() throws {
        for mail in ["From me\r\n" + Self.mail, "From me\r\nIdempotency-Key: k\r\n" + Self.mail] {
            let session = try session()
            #expect(try submit(mail, to: session) == Self.first)
            #expect(try submit(mail, to: session) == Self.first)
            let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
            #expect(text.hasSuffix("X-Mailbox-Line: From me\r\n" + Self.mail))
            #expect(session.spool.messages.first?.size == text.utf8.count)
        }
    }

    static let others: [(mail: String, envelope: String)] = [
        (mail + "more\r\n", envelope),
        (mail.replacing("<1@x>", with: "<2@x>"), envelope),
        (mail, "MAIL FROM:<c@x>\r\nRCPT TO:<b@x>\r\n"),
        (mail, "MAIL FROM:<a@x>\r\nRCPT TO:<c@x>\r\n"),
        (mail, envelope + "RCPT TO:<c@x>\r\n"),
    ]

    @Test("any difference makes another message", arguments: others)
    func differs(mail: String, envelope: String) throws {
        let session = try session()
        #expect(try submit(Self.mail, to: session) == Self.first)
        #expect(try submit(mail, envelope, to: session).hasSuffix("0000000000002"))
    }

    @Test("the order of recipients does not matter")
    func order() throws {
        let session = try session()
        let recipients = ["RCPT TO:<b@x>\r\n", "RCPT TO:<c@x>\r\n"]
        #expect(try submit(Self.mail, "MAIL FROM:<a@x>\r\n" + recipients.joined(), to: session) == Self.first)
        #expect(
            try submit(Self.mail, "MAIL FROM:<a@x>\r\n" + recipients.reversed().joined(), to: session) == Self.first)
    }

    @Test("without a Message-ID and without a key, identical mails count as two")
    func noMessageID() throws {
        let session = try session()
        let mail = "Subject: s\r\n\r\nbody\r\n"
        #expect(try submit(mail, to: session) == Self.first)
        #expect(try submit(mail, to: session).hasSuffix("0000000000002"))
    }

    @Test("the client's key is enough, and is not sent on")
    func key() throws {
        let session = try session()
        let mail = "Subject: s\r\nIdempotency-Key: k\r\n\r\nbody\r\n"
        #expect(try submit(mail, to: session) == Self.first)
        #expect(try submit(mail, to: session) == Self.first)
        let message = try #require(session.spool.messages.first)
        let text = try #require(session.spool.text(of: message.id))
        #expect(text.hasSuffix("Subject: s\r\n\r\nbody\r\n") && !text.lowercased().contains("idempotency"))
        #expect(message.size == text.utf8.count)
        #expect(try submit(mail.replacing(": k", with: ": l"), to: session).hasSuffix("0000000000003"))
    }

    @Test("with a key the content does not count: a job that runs again generates new content")
    func newContent() throws {
        let session = try session()
        for run in 1...3 {
            let mail = "Idempotency-Key: k\r\nDate: \(run)\r\nMessage-ID: <\(run)@x>\r\n\r\n--boundary\(run)\r\n"
            #expect(try submit(mail, to: session) == Self.first)
        }
        #expect(session.spool.messages.count == 1)
    }

    @Test("a key for another envelope is refused, and the session continues")
    func usedKey() throws {
        let session = try session { $0.offer = .everything }
        let mail = "Subject: s\r\nIdempotency-Key: k\r\n\r\nbody\r\n"
        #expect(try submit(mail, to: session) == Self.first)
        #expect(try submit(mail, "MAIL FROM:<a@x> RET=HDRS\r\nRCPT TO:<b@x>\r\n", to: session) == Self.refusal)
        #expect(try submit(mail, "MAIL FROM:<a@x>\r\nRCPT TO:<c@x>\r\n", to: session) == Self.refusal)
        #expect(try submit(mail, to: session) == Self.first)
        #expect(session.refusals == [Self.refusal, Self.refusal])
    }

    /// RFC 5321 section 4.5.2.
    @Test("a key after a stuffing dot counts, and is not sent on")
    func stuffedKey() throws {
        let session = try session()
        #expect(try submit("..A: b\r\n.Idempotency-Key: k\r\n. \r\n\r\nbody\r\n", to: session) == Self.first)
        #expect(try submit("Idempotency-Key: k\r\n\r\nbody\r\n", to: session) == Self.first)
        let message = try #require(session.spool.messages.first)
        let text = try #require(session.spool.text(of: message.id))
        #expect(text.hasSuffix("A: b\r\n\r\nbody\r\n") && !text.contains("Idempotency"))
        // What is stored still has the dot of its own stuffing.
        #expect(message.size == text.utf8.count - 1)
    }

    @Test("after a permanent failure the message is accepted again")
    func lost() throws {
        let session = try session()
        #expect(try submit(Self.mail, to: session) == Self.first)
        var message = try #require(session.spool.messages.first)
        message.recipients[0].markFailed(.other)
        session.spool.insert(message, content: ByteBuffer(string: Self.mail))
        #expect(try submit(Self.mail, to: session).hasSuffix("0000000000002"))
        #expect(try submit(Self.mail, to: session).hasSuffix("0000000000002"))
    }

    @Test("an invalid key is refused", arguments: ["", "two words", "\u{e9}", String(repeating: "k", count: 257)])
    func badKey(key: String) throws {
        let session = try session()
        #expect(
            try submit("Idempotency-Key: \(key)\r\n\r\nbody\r\n", to: session).hasPrefix("554 5.6.0 Idempotency-Key")
        )
        #expect(session.spool.messages.isEmpty)
        #expect(try submit(Self.mail, to: session).hasPrefix("250 "))
    }

    @Test("keys are private: to the sender, the client and the listener")
    func scope() throws {
        let spool = FaultySpool()
        let mail = "Idempotency-Key: k\r\n\r\nbody\r\n"
        #expect(try submit(mail, to: session(spool: spool)) == Self.first)
        let sender = try submit(mail, "MAIL FROM:<c@x>\r\nRCPT TO:<b@x>\r\n", to: session(spool: spool))
        let client = try submit(mail, to: session(spool: spool, client: "10.0.0.1"))
        let listener = try submit(mail, to: session(spool: spool) { $0.port = 2526 })
        #expect([sender, client, listener].map { String($0.suffix(1)) } == ["2", "3", "4"])
        #expect(spool.messages.count == 4)
    }

    @Test("IPv6 clients are identified by network")
    func network() throws {
        let spool = FaultySpool()
        for client in ["2001:db8::1", "2001:db8::2"] {
            #expect(try submit(Self.mail, to: session(spool: spool, client: client)) == Self.first)
        }
    }

    @Test("without dedup_window nothing is recognized, and the header is unchanged")
    func off() throws {
        let session = try session { $0.dedupWindow = .zero }
        let mail = "Message-ID: <1@x>\r\nIdempotency-Key: k\r\n\r\nbody\r\n"
        #expect(try submit(mail, to: session) == Self.first)
        #expect(try submit(mail, to: session).hasSuffix("0000000000002"))
        #expect(session.spool.text(of: QueueID(rawValue: 1))?.hasSuffix(mail) == true)
        for operation in session.spool.operations {
            guard case .accept(let new, _) = operation else { continue }
            #expect(new.resubmission == nil)
        }
    }

    @Test("large messages too: the stream of the second one is abandoned")
    func large() throws {
        let session = try session()
        let body = String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 2000)
        let mail = "Subject: s\r\nIdempotency-Key: k\r\n\r\n" + body
        for _ in 0..<2 {
            try session.send(Self.envelope + "DATA\r\n")
            for start in stride(from: 0, to: mail.utf8.count, by: 7001) {
                try session.send(String(mail.utf8.dropFirst(start).prefix(7001))!)
            }
            #expect(try session.send(".\r\n") == Self.first + "\r\n")
        }
        #expect(session.spool.openStreams == 0)
        #expect(session.spool.messages.count == 1)
        #expect(session.spool.text(of: QueueID(rawValue: 1))?.hasSuffix("Subject: s\r\n\r\n" + body) == true)
        #expect(try submit(mail, "MAIL FROM:<a@x>\r\nRCPT TO:<c@x>\r\n", to: session) == Self.refusal)
    }

    @Test("by BDAT or by DATA, at every split: it is the same message")
    func chunks() throws {
        let session = try session { $0.offer = .everything }
        #expect(try submit(Self.mail + "..dot\r\n", to: session) == Self.first)
        let text = Self.mail + ".dot\r\n"
        for cut in [1, 20, text.utf8.count - 1] {
            let (head, tail) = (String(text.utf8.prefix(cut))!, String(text.utf8.dropFirst(cut))!)
            let replies = try session.send(
                "\(Self.envelope)BDAT \(head.utf8.count)\r\n\(head)BDAT \(tail.utf8.count) LAST\r\n\(tail)")
            #expect(replies.hasSuffix(Self.first + "\r\n"))
        }
        #expect(session.spool.messages.count == 1)
    }

    @Test("a key in BDAT content without a final line end")
    func chunkEnd() throws {
        let session = try session { $0.offer = .everything }
        let text = "Idempotency-Key: k"
        let replies = try session.send("\(Self.envelope)BDAT \(text.utf8.count) LAST\r\n\(text)")
        #expect(replies.hasSuffix(Self.first + "\r\n"))
        let message = try #require(session.spool.messages.first)
        #expect(session.spool.text(of: message.id)?.utf8.count == message.size)
        #expect(session.spool.text(of: message.id)?.contains("Idempotency") == false)
    }

    // MARK: Whose it is

    private func key(
        _ user: String?, _ client: String, listener: String = "127.0.0.1 25", idempotencyKey: Bool
    ) throws -> [UInt8] {
        let message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: EmbeddedSession.moment,
            sender: ReversePath(address: Address(unchecked: "a@x")),
            body: .sevenBit, priority: .normal, messageID: "<1@x>", origin: "", user: user, size: 10,
            recipients: [Recipient(address: Address(unchecked: "b@x"))])
        let identity = MessageIdentity()
        identity.digest(ByteBuffer(string: Self.mail))
        let resubmission = identity.resubmission(
            of: message, at: EmbeddedSession.moment, release: nil,
            key: idempotencyKey ? .key(Array("k".utf8)) : .none,
            hasMessageID: true,
            in: MessageIdentity.Scope(listener: listener, user: user, client: try #require(IPAddress(client))),
            window: .seconds(600))
        return try #require(resubmission).key
    }

    @Test(
        "the same mail of another submitter is another message; a user is the same from everywhere",
        arguments: [false, true])
    func submitters(idempotencyKey: Bool) throws {
        let app = try key("app", "10.0.0.1", idempotencyKey: idempotencyKey)
        #expect(try key("app", "10.0.0.2", idempotencyKey: idempotencyKey) == app)
        let others = [
            try key("other", "10.0.0.1", idempotencyKey: idempotencyKey),
            try key(nil, "10.0.0.1", idempotencyKey: idempotencyKey),
            try key(nil, "10.0.0.2", idempotencyKey: idempotencyKey),
            try key("app", "10.0.0.1", listener: "127.0.0.1 587", idempotencyKey: idempotencyKey),
        ]
        #expect(Set(others + [app]).count == 5)
    }
}
