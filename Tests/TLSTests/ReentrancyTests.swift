import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import TLS

@Suite("A handler above TLS")
struct ReentrancyTests {
    @Test("may reply while it reads each of many lines", arguments: versions)
    func answer(version: Int32) throws {
        let pair = try Stage(version: version).connected()
        pair.server.seen.onRead = { context, buffer in context.writeAndFlush(NIOAny(buffer), promise: nil) }
        for count in 0..<100 { pair.client.send("line \(count)\n") }
        try pair.exchange()
        #expect(pair.client.seen.text == (0..<100).map { "line \($0)\n" }.joined())
    }

    @Test("may close while it reads; the rest is dropped")
    func close() throws {
        let pair = try Stage().connected()
        pair.server.seen.onRead = { context, _ in context.close(promise: nil) }
        var both = ByteBuffer()
        for size in [40_000, 40_000] {
            pair.client.channel.writeAndFlush(ByteBuffer(repeating: 65, count: size), promise: nil)
            both.writeImmutableBuffer(try #require(try pair.client.takeOutbound()))
        }
        for piece in [30_000, both.readableBytes - 30_000] {
            try pair.server.channel.writeInbound(both.readSlice(length: piece)!)
        }
        #expect(pair.server.seen.reads == 1)
        try pair.exchange()
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
        #expect(pair.server.seen.errors.isEmpty && pair.client.seen.errors.isEmpty)
    }

    @Test("may remove the TLS handler while it reads")
    func removal() throws {
        let pair = try Stage().connected()
        let handler = pair.server.handler
        pair.server.seen.onRead = { context, _ in
            context.pipeline.syncOperations.removeHandler(handler, promise: nil)
        }
        let unflushed = pair.server.channel.write(ByteBuffer(string: "never"))
        pair.client.send("one")
        try pair.exchange()
        #expect(pair.server.seen.text == "one")
        #expect(handler.connection == nil)
        #expect(throws: ChannelError.ioOnClosedChannel) { try unflushed.wait() }
        try pair.server.channel.writeInbound(ByteBuffer(string: "plain"))
        #expect(pair.server.seen.text == "oneplain")
    }

    @Test("may close, or remove the TLS handler, at the end of the handshake", arguments: [true, false])
    func handshakeOver(closes: Bool) throws {
        let pair = try Stage().pair()
        let handler = pair.server.handler
        pair.server.seen.onHandshake = { context in
            if closes {
                context.close(promise: nil)
            } else {
                context.pipeline.syncOperations.removeHandler(handler, promise: nil)
            }
        }
        try pair.start()
        pair.client.send("EHLO")
        try pair.exchange()
        #expect(pair.server.seen.text.isEmpty)
        #expect(pair.server.seen.errors.isEmpty)
        #expect(pair.server.channel.isActive == !closes)
    }

    @Test("may write and close as soon as the channel is active")
    func active() throws {
        let pair = try Stage().pair()
        pair.server.seen.onActive = { context in
            context.writeAndFlush(NIOAny(ByteBuffer(string: "220 hello")), promise: nil)
            context.close(promise: nil)
        }
        try pair.connect()
        #expect(pair.client.seen.text == "220 hello")
        #expect(!pair.server.channel.isActive)
        #expect(pair.client.seen.errors.isEmpty)
    }

    @Test("sees the channel as active at once, and the end of the handshake later")
    func order() throws {
        let pair = try Stage().pair()
        var events: [String] = []
        pair.client.seen.onActive = { _ in events.append("active") }
        pair.client.seen.onHandshake = { _ in events.append("handshake") }
        pair.client.seen.onRead = { _, _ in events.append("read") }
        try pair.start()
        pair.server.send("220")
        try pair.exchange()
        #expect(events == ["active", "handshake", "read"])
    }

    @Test("gets nothing it did not ask for without autoread")
    func manualReads() throws {
        let pair = try Stage().pair()
        let reads = ReadCounter()
        try pair.server.channel.pipeline.syncOperations.addHandler(reads)
        try pair.start()
        let started = reads.count
        #expect(started > 0)
        try pair.exchange(limit: 100)
        #expect(pair.server.seen.details != nil)
        // Every piece of the handshake and of an incomplete record caused another read.
        pair.client.channel.writeAndFlush(ByteBuffer(repeating: 65, count: 10_000), promise: nil)
        let before = reads.count
        try pair.exchange(limit: 5_000)
        #expect(pair.server.seen.octets == 10_000)
        #expect(reads.count == before + 2)
    }
}
