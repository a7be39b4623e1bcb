import Mail
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import Ingress

@Suite("A session behind a proxy")
struct ProxyHandlerTests {
    /// A connection from a proxy at 10.9.9.9, whose clients may be in 192.0.2.0/24.
    private func connect(
        allow: [String] = ["192.0.2.0/24"]
    ) throws -> (EmbeddedSession, EmbeddedChannel, SessionHandler) {
        let stage = try EmbeddedSession {
            $0.allow = allow
            $0.maxConnectionsPerClient = 1
        }
        _ = try stage.replies()
        let session = SessionHandler(loop: stage.loop, listener: stage.handler.listener)
        let proxy = ProxyHandler(session: session, timeout: .seconds(5), events: stage.loop.events)
        let channel = EmbeddedChannel(handlers: [proxy, session], loop: stage.eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "10.9.9.9", port: 40_000)).wait()
        return (stage, channel, session)
    }

    private func text(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    private func refusals(_ stage: EmbeddedSession) -> [String] {
        stage.events.compactMap { event in
            switch event {
            case .proxyRefused(let peer, let reason): "\(peer): \(reason)"
            default: nil
            }
        }
    }

    @Test("is greeted after the header, at every split, and acts as the client in the header")
    func header() throws {
        let whole = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nEHLO client.test\r\nNOOP\r\n"
        for cut in 0..<whole.utf8.count {
            let (stage, channel, session) = try connect()
            #expect(try text(channel) == "")
            let parts = [whole.prefix(cut), whole.dropFirst(cut)]
            for part in parts where !part.isEmpty { try channel.writeInbound(ByteBuffer(substring: part)) }
            stage.eventLoop.run()
            let replies = try text(channel)
            #expect(replies.hasPrefix("220 ") && replies.hasSuffix("250 2.0.0 Ok\r\n"), "\(cut)")
            #expect(session.clientText == "192.0.2.7")
            #expect(session.client == IPAddress("192.0.2.7"))
            #expect(refusals(stage) == [])
            try channel.close().wait()
        }
    }

    @Test("is refused by the address in the header, not by that of the proxy")
    func allow() throws {
        let (_, channel, session) = try connect()
        try channel.writeInbound(ByteBuffer(string: "PROXY TCP4 203.0.113.1 198.51.100.1 40000 25\r\n"))
        #expect(try text(channel).hasPrefix("554 5.7.1"))
        #expect(session.clientText == "203.0.113.1")
    }

    @Test("if the proxy speaks for itself, its own address counts")
    func local() throws {
        let (_, channel, session) = try connect()
        try channel.writeInbound(ByteBuffer(string: "PROXY UNKNOWN\r\n"))
        #expect(try text(channel).hasPrefix("554 5.7.1"))
        #expect(session.clientText == "10.9.9.9")
    }

    @Test("a client the proxy cannot name is greeted, without the proxy's rights")
    func unknownClient() throws {
        let address = Array("\r\n\r\n\0\r\nQUIT\n".utf8)
        for (header, reply) in [
            (Array("PROXY UNKNOWN\r\n".utf8), "530 5.7.0 "), (address + [0x21, 0, 0, 0], "530 5.7.0 "),
            (address + [0x20, 0, 0, 0], "250 2.1.0 "),
        ] {
            let (_, channel, _) = try connect(allow: ["10.9.9.9"])
            try channel.writeInbound(ByteBuffer(bytes: header))
            #expect(try text(channel).hasPrefix("220 "))
            try channel.writeInbound(ByteBuffer(string: "EHLO client.test\r\n"))
            _ = try text(channel)
            try channel.writeInbound(ByteBuffer(string: "MAIL FROM:<>\r\n"))
            #expect(try text(channel).hasPrefix(reply))
            try channel.close().wait()
        }
    }

    @Test(
        "without a header there is no session: the connection is closed silently, and reported",
        arguments: ["EHLO x\r\n", "\0"])
    func malformed(octets: String) throws {
        let (stage, channel, _) = try connect()
        try channel.writeInbound(ByteBuffer(string: octets))
        stage.eventLoop.run()
        #expect(try text(channel) == "")
        #expect(!channel.isActive)
        #expect(refusals(stage) == ["10.9.9.9: no PROXY header"])
    }

    @Test("a silent proxy is disconnected after the timeout")
    func timeout() throws {
        let (stage, channel, _) = try connect()
        try channel.writeInbound(ByteBuffer(string: "PROXY TCP4 "))
        stage.eventLoop.advanceTime(by: .seconds(4))
        #expect(channel.isActive)
        stage.eventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(refusals(stage) == ["10.9.9.9: no PROXY header in time"])
    }

    @Test("a header from anyone else is an unknown command")
    func notAProxy() throws {
        let session = try EmbeddedSession()
        _ = try session.replies()
        #expect(try session.send("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n").hasPrefix("500 5.5.1"))
    }
}
