import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Messages through a session")
struct MessageFlowTests {
    static let mail = "Subject: hello\r\n\r\nline\r\n..dotted\r\n"
    static let commands = "EHLO client.test\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
    static let transcript = commands + mail + ".\r\nQUIT\r\n"

    static let header =
        "X-Posthorse-ID: 0000000000001\r\nReceived: from client.test ([127.0.0.1])\r\n\tby relay.test with ESMTP id "
        + "0000000000001;\r\n\tFri, 21 Nov 2025 22:19:21 +0000\r\nDate: Fri, 21 Nov 2025 22:19:21 +0000\r\n"
        + "Message-ID: <0000000000001@relay.test>\r\n"

    static let replies = """
        220 relay.test ESMTP Posthorse\r
        250-relay.test\r
        250-PIPELINING\r
        250-SIZE 52428800\r
        250-8BITMIME\r
        250-CHUNKING\r
        250-LIMITS RCPTMAX=1000\r
        250-ENHANCEDSTATUSCODES\r
        250 HELP\r
        250 2.1.0 Ok\r
        250 2.1.5 Ok\r
        354 End data with <CR><LF>.<CR><LF>\r
        250 2.0.0 Ok: queued as 0000000000001\r
        221 2.0.0 Bye\r

        """

    @Test("a message is stored as received, after the relay's header")
    func stored() throws {
        let session = try EmbeddedSession()
        #expect(try session.send(Self.transcript) == Self.replies)
        #expect(session.spool.text(of: QueueID(rawValue: 1)) == Self.header + Self.mail)
        let message = try #require(session.spool.messages.first)
        #expect(message.sender.description == "a@example.org")
        #expect(message.recipients.map(\.address.text) == ["b@example.org"])
        #expect(message.messageID == "<0000000000001@relay.test>")
        #expect(message.origin == "client.test [127.0.0.1]")
        #expect(message.size == Self.header.utf8.count + Self.mail.utf8.count - 1)
        #expect(message.receivedAt == EmbeddedSession.moment)
        #expect(!session.channel.isActive)
    }

    @Test("the transcript gives the same result at every split, and octet by octet")
    func everySplit() throws {
        for cut in 0...Self.transcript.utf8.count {
            let session = try EmbeddedSession()
            let text = Self.transcript.utf8
            let replies =
                try session.send(String(text.prefix(cut))!) + session.send(String(text.dropFirst(cut))!)
            #expect(replies == Self.replies, "cut at \(cut)")
            #expect(session.spool.text(of: QueueID(rawValue: 1)) == Self.header + Self.mail, "cut at \(cut)")
        }
        let session = try EmbeddedSession()
        let replies = try Self.transcript.unicodeScalars.map { try session.send(String($0)) }.joined()
        #expect(replies == Self.replies)
        #expect(session.spool.text(of: QueueID(rawValue: 1)) == Self.header + Self.mail)
    }

    @Test("the 250 waits for the commit, and pipelined commands wait for the 250")
    func waits() throws {
        let session = try EmbeddedSession(spool: FaultySpool(automatic: false))
        try session.startData()
        #expect(try session.send(Self.mail + ".\r\nMAIL FROM:<>\r\nRCPT TO:<c@example.org>\r\n") == "")
        #expect(session.spool.pendingOperations == 1)
        session.spool.commit()
        session.eventLoop.run()
        #expect(
            try session.replies()
                == "250 2.0.0 Ok: queued as 0000000000001\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n")
    }

    @Test(
        "the spool's refusals are passed on, and the session continues",
        arguments: [
            (SpoolError(.full, "full"), "452 4.3.1"), (SpoolError(.inputOutput, "io"), "451 4.3.0"),
        ])
    func refusals(error: SpoolError, reply: String) throws {
        let session = try EmbeddedSession()
        session.spool.failNext(.accept, with: error)
        try session.startData()
        #expect(try session.send(Self.mail + ".\r\n").hasPrefix(reply))
        #expect(session.spool.messages.isEmpty)
        session.spool.setRefusal(error)
        #expect(try session.send("MAIL FROM:<a@example.org>\r\n").hasPrefix(reply))
        #expect(session.refusals.count == 2)
        session.spool.setRefusal(nil)
        #expect(
            try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n\(Self.mail).\r\n")
                .hasSuffix("queued as 0000000000002\r\n"))
    }

    @Test("a message stays accepted if its session ends before the commit")
    func died() throws {
        let session = try EmbeddedSession(spool: FaultySpool(automatic: false))
        try session.startData()
        try session.send(Self.mail + ".\r\n")
        try session.channel.close().wait()
        session.spool.commit()
        session.eventLoop.run()
        #expect(session.spool.messages.count == 1)
    }

    @Test("messages of one tick are submitted together")
    func batches() throws {
        let session = try EmbeddedSession()
        let other = SessionHandler(loop: session.loop, listener: session.handler.listener)
        let channel = try session.connect(other)
        for channel in [session.channel, channel] {
            try channel.writeInbound(session.buffer(Self.commands + Self.mail + ".\r\n"))
        }
        #expect(session.spool.submissions == 0)
        session.eventLoop.run()
        #expect(session.spool.submissions == 1)
        #expect(session.spool.messages.count == 2)
    }

    @Test("Date and Message-ID are added only if missing")
    func fields() throws {
        let session = try EmbeddedSession()
        try session.startData()
        let mail = "MESSAGE-id:\r\n <x@y>\r\nDate: yesterday\r\n\r\n"
        try session.send(mail + ".\r\n")
        let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
        #expect(text.hasSuffix("+0000\r\n" + mail))
        #expect(!text.contains("Message-ID"))
        #expect(session.spool.messages.first?.messageID == "<x@y>")
    }

    @Test(
        "an empty line separates content without a header from the relay's header",
        arguments: [
            "just text\r\n", " folded: white\r\n", "From\r\nA: b\r\n", "from someone Mon\r\nA: b\r\n",
        ])
    func noHeader(mail: String) throws {
        let session = try EmbeddedSession()
        try session.startData()
        try session.send(mail + ".\r\n")
        #expect(session.spool.text(of: QueueID(rawValue: 1)) == Self.header + "\r\n" + mail)
    }

    @Test("mbox separator lines before the header become fields of it, at every split")
    func mailboxLines() throws {
        let mail = "From me Mon\r\n.>From you Tue\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\nFrom here on\r\n"
        let expected =
            String(Self.header.split(separator: "Date: ")[0])
            + "X-Mailbox-Line: From me Mon\r\nX-Mailbox-Line: >From you Tue\r\n"
            + "Date: x\r\nMessage-ID: <x@y>\r\n\r\nFrom here on\r\n"
        for cut in 0...mail.utf8.count {
            let session = try EmbeddedSession()
            try session.startData()
            try session.send(String(mail.utf8.prefix(cut))!)
            try session.send(String(mail.utf8.dropFirst(cut))! + ".\r\n")
            #expect(session.spool.text(of: QueueID(rawValue: 1)) == expected, "cut at \(cut)")
            let message = try #require(session.spool.messages.first)
            #expect(message.size == expected.utf8.count && message.messageID == "<x@y>")
        }
    }

    @Test("such lines in chunks, and before something that is not a header either")
    func mailboxLinesInChunks() throws {
        for (mail, kept) in [
            (">From me\r\nA: b\r\n", "X-Mailbox-Line: >From me\r\nA: b\r\n"), (".From me\r\n", "\r\n..From me\r\n"),
            ("From me\r\ntext\r\n", "\r\nX-Mailbox-Line: From me\r\ntext\r\n"),
            ("From me", "X-Mailbox-Line: From me\r\n"),
            ("From", "From\r\n"),
        ] {
            for cut in 0...mail.utf8.count {
                let session = try EmbeddedSession()
                try session.send("EHLO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\n")
                try session.send("BDAT \(cut)\r\n\(String(mail.utf8.prefix(cut))!)")
                try session.send("BDAT \(mail.utf8.count - cut) LAST\r\n\(String(mail.utf8.dropFirst(cut))!)")
                let text = session.spool.text(of: QueueID(rawValue: 1))
                #expect(text == Self.header + kept, "\(mail.debugDescription) cut at \(cut)")
            }
        }
    }

    @Test("fifty Received fields are a loop, forty-nine are not")
    func hops() throws {
        let session = try EmbeddedSession()
        try session.startData()
        let hop = "Received: from a\r\n\tby b\r\n"
        #expect(try session.send(String(repeating: hop, count: 50) + "\r\n.\r\n").hasPrefix("554 5.4.6"))
        try session.startData()
        #expect(try session.send(String(repeating: hop, count: 49) + "\r\n.\r\n").hasPrefix("250 2.0.0"))
    }

    @Test("the first refusal after each MAIL is reported, and no other")
    func refusals() throws {
        let session = try EmbeddedSession { $0.maxMessageSize = 1000 }
        try session.send("EHLO client.test\r\nMAIL FROM:<a@example.org> SIZE=9000\r\nMAIL FROM:<a b>\r\n")
        #expect(
            session.refusals == [
                "552 5.3.4 The message is larger than allowed", "501 5.1.7 Bad syntax of the sender address",
            ])
        try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b c>\r\nRCPT TO:<d>\r\nRCPT TO:<e@x> FOO=1\r\nNOOP\r\n")
        #expect(session.refusals.dropFirst(2) == ["501 5.1.3 Bad syntax of the recipient address"])
        try session.send("RSET\r\nFOO\r\nRCPT TO:<a@x>\r\n")
        #expect(session.refusals.count == 3)
    }

    @Test("a client without a login has one line per MAIL, however much it pipelines")
    func refusedLogin() throws {
        let session = try EmbeddedSession {
            $0.auth = .required
            $0.authWithoutTLS = true
        }
        let transaction = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        try session.send("EHLO client.test\r\n" + transaction + transaction)
        #expect(session.refusals == ["530 5.7.0 Authentication required", "530 5.7.0 Authentication required"])
    }

    @Test("a listener has its own limit of hops")
    func fewHops() throws {
        let session = try EmbeddedSession { $0.maxHops = 2 }
        let hop = "Received: from a\r\n\tby b\r\n"
        try session.startData()
        #expect(try session.send(hop + hop + "\r\n.\r\n").hasPrefix("554 5.4.6"))
        try session.startData()
        #expect(try session.send(hop + "\r\n.\r\n").hasPrefix("250 2.0.0"))
    }

    @Test("a recipient named twice gets the message once")
    func duplicates() throws {
        let session = try EmbeddedSession()
        try session.startData(mail: "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>")
        try session.send(".\r\n")
        #expect(session.spool.messages.first?.recipients.count == 1)
        #expect(session.spool.text(of: QueueID(rawValue: 1)) == Self.header)
    }

    @Test("a hostile client name cannot break the header")
    func hostileName() throws {
        let session = try EmbeddedSession()
        try session.send("EHLO x)(;y\"\\<z\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\n")
        let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
        #expect(text.contains("Received: from x???y???z ([127.0.0.1])\r\n"))
    }

    @Test(
        "an invalid client name is accepted, and appears in the header with question marks",
        arguments: [
            ("my laptop", "my?laptop", "my laptop"), ("b\u{fc}ro", "b??ro", "b??ro"), ("[x] y_z", "[x]?y_z", "[x] y_z"),
            (
                String(repeating: "x", count: 1900), String(repeating: "x", count: 255),
                String(repeating: "x", count: 255)
            ),
        ])
    func oddName(name: String, shown: String, kept: String) throws {
        for verb in ["EHLO", "HELO"] {
            let session = try EmbeddedSession()
            try session.send("\(verb) \(name)\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\n")
            let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
            #expect(text.contains("Received: from \(shown) ([127.0.0.1])\r\n\tby "))
            #expect(session.spool.messages.first?.origin == "\(kept) [127.0.0.1]")
        }
    }

    @Test("addresses are stored without their surroundings, and a listener may insist on the grammar")
    func oddAddresses() throws {
        let commands = "EHLO c.test\r\nMAIL FROM: < a..b@example.org. >\r\nRCPT TO:c.@example.org\r\nDATA\r\n.\r\n"
        let session = try EmbeddedSession()
        try session.send(commands)
        let message = try #require(session.spool.messages.first)
        #expect(message.sender.description == "a..b@example.org")
        #expect(message.recipients.map(\.address.text) == ["c.@example.org"])

        let strict = try EmbeddedSession { $0.strictAddresses = true }
        #expect(try strict.send(commands).contains("501 5.1.7 "))
        #expect(strict.spool.messages.isEmpty)
    }

    @Test("one mailbox written in two ways is one recipient")
    func sameMailbox() throws {
        let session = try EmbeddedSession()
        try session.startData(mail: "MAIL FROM:<>\r\nRCPT TO: b@example.org.")
        try session.send(".\r\n")
        #expect(session.spool.messages.first?.recipients.map(\.address.text) == ["b@example.org"])
    }
}
