import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Limits as seen by a client")
struct SessionLimitTests {
    private let minute = Duration.seconds(60)

    private func session(_ change: (inout LimitSettings) -> Void) throws -> EmbeddedSession {
        var settings = LimitSettings()
        change(&settings)
        return try EmbeddedSession(limits: settings)
    }

    private func deliver(_ session: EmbeddedSession, recipients: Int = 1, size: Int = 1) throws -> [String] {
        let commands =
            "MAIL FROM:<a@example.org>\r\n"
            + (0..<recipients).map { "RCPT TO:<r\($0)@example.org>\r\n" }.joined() + "DATA\r\n"
        var replies = try session.send(commands)
        if replies.contains("\r\n354 ") {
            replies += try session.send(String(repeating: "x", count: size) + "\r\n.\r\n")
        }
        return replies.split(separator: "\r\n").map(String.init)
    }

    @Test("messages beyond the rate get 450 at MAIL, with the limit and the time; later they are accepted")
    func messages() throws {
        let session = try session { $0.client.messageRate = Rate(count: 2, per: minute) }
        try session.send("EHLO c.test\r\n")
        for _ in 0..<2 { #expect(try deliver(session).last?.hasPrefix("250 2.0.0") == true) }
        let refused = try deliver(session)
        #expect(
            refused[0] == "450 4.7.1 Too many messages from your address (client_message_rate), try again in 30 s")
        // RCPT and DATA were pipelined after it, and are not the client's errors.
        #expect(refused.dropFirst().allSatisfy { $0.hasPrefix("503 5.5.1") })
        session.eventLoop.advanceTime(by: .seconds(30))
        #expect(try deliver(session).last?.hasPrefix("250 2.0.0") == true)
        #expect(session.spool.messages.count == 3)
        #expect(session.limits == [.clientMessageRate])
    }

    @Test("recipients beyond the rate get 450, the message goes to the others, and there is one log line")
    func recipients() throws {
        let session = try session { $0.client.recipientRate = Rate(count: 3, per: minute) }
        try session.send("EHLO c.test\r\n")
        let replies = try deliver(session, recipients: 5)
        #expect(replies[1...3].allSatisfy { $0.hasPrefix("250 2.1.5") })
        #expect(replies[4].hasPrefix("450 4.7.1 Too many recipients from your address (client_recipient_rate), try"))
        #expect(replies[5].hasPrefix("450 4.7.1"))
        #expect(replies.last?.hasPrefix("250 2.0.0") == true)
        #expect(session.spool.messages.map(\.recipients.count) == [3])
        #expect(session.limits == [.clientRecipientRate])
        #expect(try session.send("MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\n").contains("(client_recipient_rate)"))
        session.eventLoop.advanceTime(by: .minutes(1))
        #expect(try session.send("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\n").hasSuffix("250 2.1.5 Ok\r\n"))
    }

    @Test("octets are refused by SIZE before they are sent, and otherwise charged to the next message")
    func octets() throws {
        let session = try session { $0.client.byteRate = Rate(count: 1000, per: minute) }
        try session.send("EHLO c.test\r\n")
        #expect(try deliver(session, size: 600).last?.hasPrefix("250 2.0.0") == true)
        #expect(try session.send("MAIL FROM:<> SIZE=600\r\n").contains("(client_byte_rate)"))
        #expect(try deliver(session, size: 900).last?.hasPrefix("250 2.0.0") == true)
        #expect(try session.send("MAIL FROM:<>\r\n").hasPrefix("450 4.7.1"))
        #expect(session.spool.messages.count == 2)
    }

    @Test("sessions beyond the limit get 421 and are closed; an ended one makes room")
    func sessions() throws {
        let session = try session { $0.client.connections = 2 }
        func connect() throws -> (EmbeddedChannel, String) {
            let handler = SessionHandler(loop: session.loop, listener: session.handler.listener)
            let channel = try session.connect(handler)
            return (channel, String(buffer: try #require(try channel.readOutbound(as: ByteBuffer.self))))
        }
        let (second, _) = try connect()
        let (third, refusal) = try connect()
        #expect(
            refusal
                == "421 4.7.0 Too many concurrent sessions from your address (client_connections), close one first\r\n")
        #expect(!third.isActive)
        try second.close().wait()
        #expect(try connect().1.hasPrefix("220 "))
        #expect(session.limits == [.clientConnections])
    }

    @Test("exempt clients have no client limits")
    func exempt() throws {
        let session = try session {
            $0.client.messageRate = Rate(count: 1, per: minute)
            $0.exempt = ["127.0.0.0/8"]
        }
        try session.send("EHLO c.test\r\n")
        for _ in 0..<3 { #expect(try deliver(session).last?.hasPrefix("250 2.0.0") == true) }
    }

    @Test("a total limit says that the relay is busy")
    func total() throws {
        let session = try session { $0.totalMessageRate = Rate(count: 1, per: minute) }
        try session.send("EHLO c.test\r\n")
        #expect(try deliver(session).last?.hasPrefix("250 2.0.0") == true)
        #expect(try deliver(session)[0].hasPrefix("451 4.3.2 Too many messages for this relay (total_message_rate)"))
    }

    @Test("a user's limits apply from the login on")
    func user() throws {
        let session = try session { $0.user.connections = 1 }
        try session.send("EHLO c.test\r\n")
        let context = try #require(session.handler.context)
        let own = Rate(count: 1, per: minute)
        #expect(session.handler.enterLimits(user: "app", messageRate: own, context) == nil)
        #expect(try deliver(session).last?.hasPrefix("250 2.0.0") == true)
        #expect(try deliver(session)[0].contains("(user_message_rate)"))
        let other = SessionHandler(loop: session.loop, listener: session.handler.listener)
        let channel = try session.connect(other)
        let hit = other.enterLimits(user: "app", messageRate: own, try #require(other.context))
        #expect(hit?.name == .userConnections)
        try session.channel.close().wait()
        #expect(other.enterLimits(user: "app", messageRate: own, try #require(other.context)) == nil)
        try channel.close().wait()
    }

    @Test(
        "commands without a message end the session, whatever they are",
        arguments: ["NOOP", "EHLO x", "RSET", "VRFY x"])
    func idle(command: String) throws {
        let session = try EmbeddedSession { $0.maxCommands = 5 }
        _ = try session.replies()
        let replies = try session.send(String(repeating: command + "\r\n", count: 10))
        #expect(
            replies.hasSuffix("\r\n421 4.7.0 Too many commands without a message, closing the connection\r\n"))
        #expect(!session.channel.isActive)
    }

    @Test("a message, and the commands for it, do not count as idle")
    func busy() throws {
        let session = try EmbeddedSession { $0.maxCommands = 5 }
        _ = try session.replies()
        try session.send("EHLO c.test\r\n")
        for _ in 0..<5 {
            try session.send("NOOP\r\nNOOP\r\n")
            #expect(try deliver(session, recipients: 20).last?.hasPrefix("250 2.0.0") == true)
        }
    }

    @Test("opened and closed sessions come in pairs, refused ones not at all")
    func pairs() throws {
        let session = try session { $0.client.connections = 1 }
        let refused = SessionHandler(loop: session.loop, listener: session.handler.listener)
        let channel = try session.connect(refused)
        try? channel.close().wait()
        try session.channel.close().wait()
        #expect(session.count(.sessionOpened) == 1)
        #expect(session.count(.sessionClosed) == 1)
    }
}

extension EmbeddedSession {
    enum Change { case sessionOpened, sessionClosed }

    func count(_ change: Change) -> Int {
        events.count { event in
            switch event {
            case .sessionOpened: change == .sessionOpened
            case .sessionClosed: change == .sessionClosed
            default: false
            }
        }
    }

    /// The limits that were reached, in order.
    var limits: [LimitName] {
        events.compactMap { event in
            switch event {
            case .limited(let name, _, _): name
            default: nil
            }
        }
    }
}
