import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Session and listener limits")
struct LimitTests {
    @Test(
        "only clients in allowed networks get a banner",
        arguments: [
            ("127.0.0.1", true), ("127.255.0.9", true), ("128.0.0.1", false), ("10.1.2.3", false), ("::1", true),
            ("::2", false), ("::ffff:127.0.0.1", true),
        ])
    func allow(client: String, isAllowed: Bool) throws {
        let session = try EmbeddedSession(client: client)
        #expect(try session.replies().hasPrefix(isAllowed ? "220 " : "554 5.7.1"))
        #expect(session.channel.isActive == isAllowed)
        #expect(session.refusals.count == (isAllowed ? 0 : 1))
    }

    @Test("connections per client are limited, and a closed one makes room")
    func connections() throws {
        let session = try EmbeddedSession { $0.maxConnectionsPerClient = 2 }
        func connect(_ client: String) throws -> (EmbeddedChannel, String) {
            let handler = SessionHandler(loop: session.loop, listener: session.handler.listener)
            let channel = try session.connect(handler, client: client)
            return (channel, String(buffer: try #require(try channel.readOutbound(as: ByteBuffer.self))))
        }
        let (second, banner) = try connect("127.0.0.1")
        #expect(banner.hasPrefix("220"))
        #expect(try connect("127.0.0.1").1.hasPrefix("421 4.7.0"))
        #expect(try connect("127.0.0.2").1.hasPrefix("220"))
        try second.close().wait()
        #expect(try connect("127.0.0.1").1.hasPrefix("220"))
        #expect(try connect("127.0.0.1").1.hasPrefix("421 4.7.0"))
    }

    @Test("content over the limit is refused, by its declared size and by its actual one")
    func size() throws {
        let session = try EmbeddedSession { $0.maxMessageSize = 100_000 }
        try session.send("EHLO c.test\r\n")
        #expect(try session.send("MAIL FROM:<> SIZE=100001\r\n").hasPrefix("552 5.3.4"))
        try session.startData()
        for _ in 0..<20 { #expect(try session.send(String(repeating: "x", count: 9_998) + "\r\n") == "") }
        #expect(try session.send(".\r\n").hasPrefix("552 5.3.4"))
        #expect(session.spool.openStreams == 0)
        #expect(session.spool.messages.isEmpty)
        #expect(session.refusals.count == 2)
    }

    @Test("a browser is disconnected at once")
    func http() throws {
        let session = try EmbeddedSession()
        _ = try session.replies()
        #expect(try session.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("421 4.7.0"))
        #expect(!session.channel.isActive)
        #expect(session.refusals.count == 1)
    }

    @Test("errors end the session, and commands after the last one are not executed")
    func errors() throws {
        let session = try EmbeddedSession { $0.maxErrors = 3 }
        _ = try session.replies()
        let replies = try session.send("WHAT\r\nWHAT\r\nWHAT\r\nWHAT\r\nNOOP\r\n").split(separator: "\r\n")
        #expect(replies.map { $0.prefix(3) } == ["500", "500", "500", "421"])
        #expect(!session.channel.isActive)
        #expect(session.refusals.count == 1)
    }

    @Test("silence ends the session, with a separate limit during data")
    func silence() throws {
        let session = try EmbeddedSession()
        _ = try session.replies()
        session.eventLoop.advanceTime(by: .seconds(299))
        try session.send("NOOP\r\n")
        session.eventLoop.advanceTime(by: .seconds(299))
        #expect(session.channel.isActive)
        try session.startData()
        session.eventLoop.advanceTime(by: .seconds(179))
        #expect(session.channel.isActive)
        try session.send("x")
        session.eventLoop.advanceTime(by: .seconds(179))
        #expect(session.channel.isActive)
        session.eventLoop.advanceTime(by: .seconds(1))
        #expect(try session.replies().hasPrefix("421 4.4.2"))
        #expect(!session.channel.isActive)
        #expect(session.refusals.count == 1)
    }

    @Test("a command that trickles in renews nothing")
    func trickle() throws {
        let session = try EmbeddedSession()
        _ = try session.replies()
        for _ in 0..<30 where session.channel.isActive {
            session.eventLoop.advanceTime(by: .seconds(11))
            try session.send("A")
        }
        #expect(!session.channel.isActive)
    }

    @Test("a transaction must end in time, however active it is")
    func transaction() throws {
        let session = try EmbeddedSession { $0.transactionTimeout = .seconds(600) }
        try session.startData()
        for _ in 0..<5 {
            session.eventLoop.advanceTime(by: .seconds(100))
            try session.send("line\r\n")
        }
        #expect(session.channel.isActive)
        session.eventLoop.advanceTime(by: .seconds(100))
        #expect(try session.replies().hasPrefix("421 4.4.2"))
    }

    @Test("a session waiting for the disk is not penalized, and gets its full time afterwards")
    func commit() throws {
        let session = try EmbeddedSession(spool: FaultySpool(automatic: false))
        try session.startData()
        try session.send("x\r\n.\r\n")
        session.eventLoop.advanceTime(by: .hours(1))
        #expect(session.channel.isActive)
        session.spool.commit()
        session.eventLoop.run()
        #expect(try session.replies().hasPrefix("250 2.0.0"))
        session.eventLoop.advanceTime(by: .seconds(299))
        #expect(session.channel.isActive)
        session.eventLoop.advanceTime(by: .seconds(1))
        #expect(try session.replies().hasPrefix("421 4.4.2"))
    }

    @Test(
        "networks are parsed as CIDR or single addresses",
        arguments: [
            "", "10.0.0.0/33", "10.0.0/8", "::/129", "x", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::1/ 8",
        ])
    func badNetworks(text: String) {
        #expect(IPNetwork(text) == nil)
        #expect(throws: IngressError.self) {
            var settings = ListenerSettings(host: "127.0.0.1", port: 0)
            settings.allow = [text]
            _ = try Listener(settings, hostname: "relay.test", quotas: IngressLimits(LimitSettings()))
        }
    }

    @Test(
        "a network contains its addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("192.168.1.7", "192.168.1.7", "192.168.1.6"),
            ("fd00::/8", "fdff::1", "fe00::"), ("::1/128", "::1", "::"), ("0.0.0.0/0", "1.2.3.4", "::1"),
            ("10.1.2.3/31", "10.1.2.2", "10.1.2.4"), ("::/1", "::1", "8000::"),
        ])
    func networks(text: String, inside: String, outside: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.contains(try #require(IPAddress(inside))))
        #expect(!network.contains(try #require(IPAddress(outside))))
    }
}
