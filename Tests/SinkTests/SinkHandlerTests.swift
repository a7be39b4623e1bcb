import Mail
import NIOCore
import NIOEmbedded
import Testing

@testable import Sink

/// A sink's session on an embedded channel.
final class SinkProbe {
    let core: SinkCore
    let channel: EmbeddedChannel

    init(_ change: (inout SinkSettings) -> Void = { _ in }) throws {
        var settings = SinkSettings()
        change(&settings)
        core = try SinkCore(settings) {}
        channel = EmbeddedChannel(handler: SinkHandler(core))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2526)).wait()
    }

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    /// What has been written since the last call.
    func written() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    /// Sends text and returns the codes of the final reply lines.
    func codes(for text: String) throws -> [String] {
        try send(text)
        return try written().split(separator: "\r\n").filter { $0.dropFirst(3).first == " " }.map {
            String($0.prefix(3))
        }
    }
}

@Suite("A sink session")
struct SinkHandlerTests {
    static let opening = "EHLO a\r\n"
    /// The phases that every session passes.
    static let plainPhases: [SinkPhase] = [.connect, .banner, .ehlo, .mail, .rcpt, .data, .content, .dot, .quit]
    static let envelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"
    static let content = "Subject: x\r\n\r\n..\r\n.\r\n"

    @Test("accepts pipelined messages and answers each read with one write")
    func pipelining() throws {
        let probe = try SinkProbe()
        #expect(try probe.written().hasPrefix("220 "))
        try probe.send(Self.opening + Self.envelope)
        let replies = try #require(try probe.channel.readOutbound(as: ByteBuffer.self))
        #expect(
            String(buffer: replies).hasSuffix("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n")
        )
        #expect(try probe.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(
            try probe.codes(for: Self.content + Self.envelope + Self.content + "QUIT\r\n") == [
                "250", "250", "250", "354", "250", "221",
            ])
        #expect(!probe.channel.isActive)
        #expect(probe.core.totals.messages == 2)
        #expect(probe.core.totals.recipients == 2)
        #expect(probe.core.totals.bytes == 2 * "Subject: x\r\n\r\n.\r\n".utf8.count)
    }

    @Test("gives the same replies at every split")
    func everySplit() throws {
        let wire = Self.opening + Self.envelope + Self.content + "QUIT\r\n"
        for cut in 1..<wire.utf8.count {
            let probe = try SinkProbe()
            let first = try probe.codes(for: String(wire.prefix(cut)))
            let second = try probe.codes(for: String(wire.dropFirst(cut)))
            #expect(first + second == ["220", "250", "250", "250", "354", "250", "221"])
        }
    }

    @Test(
        "refuses commands out of order and counts them",
        arguments: ["MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b>\r\n", "DATA\r\n", "WHAT\r\n", "X\r\n"])
    func order(_ command: String) throws {
        let probe = try SinkProbe()
        #expect(try probe.codes(for: command).last?.first == "5")
        try probe.channel.close().wait()
        #expect(probe.core.totals.violations.badCommands == 1)
    }

    @Test(
        "fails at the configured phase only",
        arguments: zip(
            [SinkPhase.ehlo, .mail, .rcpt, .data, .dot, .quit],
            [
                ["220", "554", "503", "503", "503", "500", "500", "500", "500", "500", "221"],
                ["220", "250", "554", "503", "503", "500", "500", "500", "500", "500", "221"],
                ["220", "250", "250", "554", "554", "500", "500", "500", "500", "500", "221"],
                ["220", "250", "250", "250", "554", "500", "500", "500", "500", "500", "221"],
                ["220", "250", "250", "250", "354", "554", "221"],
                ["220", "250", "250", "250", "354", "250", "554"],
            ]))
    func failing(_ phase: SinkPhase, _ codes: [String]) throws {
        let probe = try SinkProbe {
            $0.faults = [SinkFault(.fail, at: phase)]
            $0.faultReply = Reply(554, EnhancedStatusCode(5, 7, 1), "No")
        }
        let wire = Self.opening + Self.envelope + Self.content + "QUIT\r\n"
        #expect(try compress(probe.codes(for: wire)) == compress(codes))
        #expect(probe.core.totals.messages == (phase == .quit ? 1 : 0))
        #expect(probe.core.totals.faults == 1)
    }

    /// Collapses runs of 500: the number of content lines does not matter.
    private func compress(_ codes: [String]) -> [String] {
        codes.enumerated().filter { $0.offset == 0 || $0.element != "500" || codes[$0.offset - 1] != "500" }.map(
            \.element)
    }

    @Test("closes without a reply at a drop", arguments: plainPhases)
    func dropping(_ phase: SinkPhase) throws {
        let probe = try SinkProbe { $0.faults = [SinkFault(.drop, at: phase)] }
        if probe.channel.isActive { try probe.send(Self.opening + Self.envelope) }
        if probe.channel.isActive { try probe.send(Self.content + "QUIT\r\n") }
        let codes = try probe.written().split(separator: "\r\n").filter { $0.dropFirst(3).first == " " }
        let order: [SinkPhase] = [.banner, .ehlo, .mail, .rcpt, .data, .dot, .quit]
        #expect(codes.count == (phase == .content ? 5 : order.firstIndex(of: phase) ?? 0))
        #expect(!probe.channel.isActive)
        #expect(probe.core.totals.messages == (phase == .quit ? 1 : 0))
    }

    @Test("is silent and stays open at a hang", arguments: plainPhases)
    func hanging(_ phase: SinkPhase) throws {
        let probe = try SinkProbe { $0.faults = [SinkFault(.hang, at: phase)] }
        try probe.send(Self.opening + Self.envelope)
        try probe.send(Self.content + "QUIT\r\n")
        #expect(probe.channel.isActive)
        #expect(probe.core.totals.faults == 1)
        #expect(try !probe.written().contains("221"))
    }

    @Test("accepts a message and drops the connection before the reply")
    func dropAfterDot() throws {
        let probe = try SinkProbe { $0.faults = [SinkFault(.takeAndDrop, at: .dot)] }
        #expect(
            try probe.codes(for: Self.opening + Self.envelope + Self.content) == ["220", "250", "250", "250", "354"])
        #expect(!probe.channel.isActive)
        #expect(probe.core.totals.messages == 1)
    }

    @Test("starts its faults after a number of messages and ends them after a number of faults")
    func afterAndLimit() throws {
        let probe = try SinkProbe {
            $0.faults = [SinkFault(.fail, at: .dot)]
            $0.faultsAfter = 1
            $0.faultLimit = 1
        }
        _ = try probe.codes(for: Self.opening)
        let wire = Self.envelope + Self.content
        #expect(
            try probe.codes(for: wire + wire + wire).filter { $0 != "354" } == [
                "250", "250", "250", "250", "250", "451", "250", "250", "250",
            ])
        #expect(probe.core.totals.messages == 2)
    }

    @Test("fails only the configured recipients")
    func recipients() throws {
        let probe = try SinkProbe {
            $0.faults = [SinkFault(.fail, at: .rcpt)]
            $0.faultyRecipient = "bad@"
        }
        let wire = Self.opening + "MAIL FROM:<>\r\nRCPT TO:<bad@x>\r\nRCPT TO:<good@x>\r\nDATA\r\n"
        #expect(try probe.codes(for: wire + Self.content) == ["220", "250", "250", "451", "250", "354", "250"])
        #expect(probe.core.totals.recipients == 1)
    }

    @Test("limits accepted recipients per transaction, not counting refused ones")
    func recipientsBehind() throws {
        let faults = try [SinkFault("rcpt reply rcpt=bad@"), SinkFault("rcpt reply behind=1: 452 4.5.3 Enough")]
        let probe = try SinkProbe { $0.faults = faults }
        let recipients = "RCPT TO:<bad@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n"
        let wire = "MAIL FROM:<>\r\n\(recipients)DATA\r\n" + Self.content
        let codes = ["250", "451", "250", "452", "354", "250"]
        let expected = ["220", "250"] + codes + codes
        #expect(try probe.codes(for: Self.opening + wire + wire) == expected)
        #expect(probe.core.totals.recipients == 2)
    }

    /// RFC 5321 section 4.1.2.
    @Test(
        "takes what is quoted in a local part for text, brackets too; what follows a path are parameters",
        arguments: [
            (#"<"a>b"@x>"#, #""a>b"@x"#, ""), (#"<"a b"@x> SIZE=1"#, #""a b"@x"#, "SIZE=1"),
            (#"<"a\">b\\"@x>"#, #""a\">b\\"@x"#, ""), (#"<@r:"a>b"@x> SIZE=1"#, #"@r:"a>b"@x"#, "SIZE=1"),
            ("<a@[IPv6:::1]>", "a@[IPv6:::1]", ""), (#"<a"b@x> SIZE=1"#, #"a"b@x"#, "SIZE=1"), ("<>", "", ""),
        ])
    func quotedLocalParts(path: String, address: String, parameters: String) {
        let command = Array("RCPT TO:\(path)".utf8).withUnsafeBytes { ClientCommand($0) }
        #expect(command == .rcpt(recipient: address, parameters: parameters))
    }

    @Test("takes no path whose quotation mark or bracket is missing", arguments: [#"<"a>b@x>"#, "<a@x", #"<"a\"#])
    func openPaths(path: String) {
        let command = Array("MAIL FROM:\(path)".utf8).withUnsafeBytes { ClientCommand($0) }
        #expect(command == .unknown)
    }

    @Test("closes the session after a 421")
    func shutdownReply() throws {
        let probe = try SinkProbe {
            $0.faults = [SinkFault(.fail, at: .mail)]
            $0.faultReply = Reply(421, EnhancedStatusCode(4, 3, 2), "Going")
        }
        #expect(try probe.codes(for: Self.opening + Self.envelope) == ["220", "250", "421"])
        #expect(!probe.channel.isActive)
    }

    @Test("delays a reply and keeps the others in order")
    func delaying() throws {
        let probe = try SinkProbe { $0.delay = (.rcpt, .milliseconds(200)) }
        #expect(try probe.codes(for: Self.opening + Self.envelope) == ["220", "250", "250"])
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(199))
        #expect(try probe.written().isEmpty)
        probe.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try probe.codes(for: Self.content) == ["250", "354", "250"])
    }

    @Test("offers what is configured, and detects unsolicited pipelining")
    func offers() throws {
        let probe = try SinkProbe {
            $0.offersPipelining = false
            $0.offersEightBitMIME = false
        }
        _ = try probe.written()
        try probe.send(Self.opening)
        let reply = try probe.written()
        #expect(!reply.contains("PIPELINING") && !reply.contains("8BITMIME"))
        #expect(try probe.codes(for: "MAIL FROM:<a@b> BODY=8BITMIME\r\n") == ["555"])
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n") == ["250", "250"])
        try probe.channel.close().wait()
        #expect(probe.core.totals.violations.pipelinedUnasked == "RCPT TO:<c@d>\r\n".utf8.count)
    }

    @Test("turns away connections beyond its limit")
    func connections() throws {
        let probe = try SinkProbe { $0.maxConnections = 1 }
        let second = EmbeddedChannel(handler: SinkHandler(probe.core))
        try second.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2526)).wait()
        let reply = try #require(try second.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: reply).hasPrefix("421 "))
        #expect(!second.isActive)
        #expect(probe.core.totals.openConnections == 1)
        #expect(probe.core.totals.refusedConnections == 1)
    }

    @Test("does not buffer an endless line")
    func endlessLine() throws {
        let probe = try SinkProbe()
        #expect(try probe.codes(for: String(repeating: "x", count: 20_000)) == ["220", "500"])
        #expect(!probe.channel.isActive)
    }
}
