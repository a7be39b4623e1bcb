import NIOCore
import NIOEmbedded
import Testing

@testable import Sink

@Suite("A lying sink")
struct SinkMisbehaviourTests {
    private static let opening = "EHLO a\r\n"
    private static let envelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"
    private static let content = "Subject: x\r\n\r\n..\r\n.\r\n"

    private func probe(_ faults: String...) throws -> SinkProbe {
        let faults = try faults.map { try SinkFault($0) }
        return try SinkProbe { $0.faults = faults }
    }

    @Test(
        "gives each fault its own reply, with any code",
        arguments: ["554 5.7.1 Paused", "999 What", "250 2.0.0 Ok"])
    func replies(_ reply: String) throws {
        let probe = try probe("mail reply: \(reply)", "quit reply: 451 4.0.0 Stay")
        _ = try probe.codes(for: Self.opening)
        try probe.send("MAIL FROM:<a@b>\r\n")
        #expect(try probe.written() == reply + "\r\n")
        #expect(try probe.codes(for: "RCPT TO:<a@b>\r\nQUIT\r\n") == ["503", "451"])
        #expect(probe.channel.isActive)
    }

    @Test("closes after any 421, and after any reply at connect", arguments: ["mail", "connect"])
    func closing(_ phase: String) throws {
        let probe = try probe("\(phase) reply: \(phase == "connect" ? "554" : "421") No")
        if probe.channel.isActive { try probe.send(Self.opening + Self.envelope) }
        #expect(try probe.written().hasSuffix(" No\r\n"))
        #expect(!probe.channel.isActive)
    }

    @Test("accepts a message and denies it, and vice versa")
    func dot() throws {
        let probe = try probe("dot reply limit=1: 250 2.0.0 Ok", "dot twice")
        let wire = Self.envelope + Self.content
        #expect(try probe.codes(for: Self.opening + wire) == ["220", "250", "250", "250", "354", "250"])
        #expect(probe.core.totals.messages == 0)
        #expect(try probe.codes(for: wire) == ["250", "250", "354", "250", "250"])
        #expect(probe.core.totals.messages == 1)
    }

    @Test("is off by one reply after a double reply")
    func twice() throws {
        let probe = try probe("mail twice")
        _ = try probe.codes(for: Self.opening)
        try probe.send(Self.envelope)
        #expect(
            try probe.written()
                == "250 2.1.0 Ok\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n")
    }

    @Test("speaks during content")
    func early() throws {
        let probe = try probe("content raw: 250 2.0.0 Done\\r\\n")
        #expect(
            try probe.codes(for: Self.opening + Self.envelope + Self.content)
                == ["220", "250", "250", "250", "354", "250", "250"])
    }

    @Test("sends octets that are not a reply", arguments: ["banner", "ehlo", "mail", "dot"])
    func garbage(_ phase: String) throws {
        let probe = try probe("\(phase) raw: \\x00\\xFF\\r\\n")
        try probe.send(Self.opening + Self.envelope)
        try probe.send(Self.content)
        var octets: [UInt8] = []
        while let buffer = try probe.channel.readOutbound(as: ByteBuffer.self) { octets += buffer.readableBytesView }
        #expect(octets.contains(0xFF))
        #expect(probe.channel.isActive)
    }

    @Test("never ends a reply, and stops when the client has gone", arguments: [("banner", "220-"), ("ehlo", "250-")])
    func endless(_ phase: String, _ line: String) throws {
        let probe = try probe("\(phase) endless")
        try probe.send(Self.opening)
        for _ in 0..<3 {
            let text = try probe.written()
            let last = try #require(text.split(separator: "\r\n").last)
            #expect(last.hasPrefix(line))
            probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(20))
        }
        try probe.channel.close().wait()
        _ = try probe.written()
        probe.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try probe.written().isEmpty)
    }

    @Test("reads content slowly, then replies")
    func slow() throws {
        let probe = try probe("content slow=1000")
        _ = try probe.codes(for: Self.opening + Self.envelope)
        try probe.send(String(repeating: "x", count: 197) + "\r\n.\r\nQUIT\r\n")
        // 202 octets at 20 per tick.
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(219))
        #expect(try probe.written().isEmpty)
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try probe.codes(for: "") == ["250", "221"])
        #expect(probe.core.totals.messages == 1)
    }

    @Test("reads a chunk slowly too")
    func slowChunk() throws {
        let fault = try SinkFault("content slow=1000")
        let probe = try SinkProbe {
            $0.faults = [fault]
            $0.extensions = [.chunking]
        }
        _ = try probe.codes(for: Self.opening + "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
        try probe.send("BDAT 30 LAST\r\n" + String(repeating: "x", count: 28) + "\r\n")
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(39))
        #expect(try probe.written().isEmpty)
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try probe.codes(for: "") == ["250"])
    }

    @Test("reads the octets of a chunk although it refuses them in its own words")
    func refusedChunk() throws {
        let fault = try SinkFault("data reply: 452 4.3.1 Full")
        let probe = try SinkProbe {
            $0.faults = [fault]
            $0.extensions = [.chunking]
        }
        _ = try probe.codes(for: Self.opening + "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
        #expect(try probe.codes(for: "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n") == ["452", "250"])
    }

    @Test("behaves once its faults are off")
    func turning() throws {
        let probe = try probe("mail reply: 554 No")
        _ = try probe.codes(for: Self.opening)
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\n") == ["554"])
        probe.core.turnFaults(on: false)
        #expect(try probe.codes(for: Self.envelope + Self.content) == ["250", "250", "354", "250"])
        probe.core.turnFaults(on: true)
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\n") == ["554"])
    }
}
