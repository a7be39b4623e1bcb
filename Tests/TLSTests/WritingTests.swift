import COpenSSL
import NIOCore
import NIOEmbedded
import Synchronization
import TestKit
import Testing

@testable import TLS

@Suite("Written data")
struct WritingTests {
    /// RFC 8446 sections 5.1 and 5.2, RFC 5288 section 3.
    @Test("arrives intact whatever its size", arguments: versions, [1, 16_383, 16_384, 16_385, 100_000, 5_000_000])
    func sizes(version: Int32, size: Int) throws {
        let pair = try Stage(version: version).connected()
        pair.server.seen.keepsText = false
        var received = ByteBuffer()
        pair.server.seen.onRead = { received.writeImmutableBuffer($1) }
        var sent = ByteBuffer()
        while sent.readableBytes < size { sent.writeInteger(sent.readableBytes) }
        sent.moveWriterIndex(to: size)
        pair.client.channel.writeAndFlush(sent, promise: nil)
        try pair.exchange(limit: 10_007)
        #expect(received == sent)
    }

    @Test("leaves in one write per flush, with small pieces in one record")
    func coalescing() throws {
        let pair = try Stage().connected()
        for _ in 0..<10 { pair.client.channel.write(ByteBuffer(string: "RCPT TO:<a@example.com>\r\n"), promise: nil) }
        pair.client.channel.flush()
        let record = try #require(try pair.client.takeOutbound())
        #expect(record.readableBytes == 10 * 25 + 22)
        #expect(try pair.client.takeOutbound() == nil)
        pair.client.channel.write(ByteBuffer(repeating: 1, count: 40_000), promise: nil)
        pair.client.channel.write(ByteBuffer(repeating: 1, count: 40_000), promise: nil)
        pair.client.channel.flush()
        #expect(try pair.client.takeOutbound()?.readableBytes == 80_000 + 6 * 22)
        #expect(try pair.client.takeOutbound() == nil)
    }

    @Test("completes its promises in order, including empty writes and those before the handshake")
    func promises() throws {
        let pair = try Stage().pair()
        try pair.start()
        let completed = Notes()
        func write(_ number: Int, _ count: Int) {
            let written = pair.client.channel.write(ByteBuffer(repeating: 65, count: count))
            written.whenSuccess { completed.add(number) }
        }
        for (number, count) in [0, 3, 0, 20_000, 1, 0].enumerated() { write(number, count) }
        pair.client.channel.flush()
        #expect(completed.all.isEmpty)
        try pair.exchange()
        #expect(completed.all == [0, 1, 2, 3, 4, 5])
        for (number, count) in [0, 0, 5].enumerated() {
            write(6 + number, count)
            pair.client.channel.flush()
        }
        #expect(completed.all == Array(0...8))
        try pair.exchange()
        #expect(pair.server.seen.text == String(repeating: "A", count: 20_009))
    }

    @Test("sends nothing if it is empty")
    func empty() throws {
        let pair = try Stage().connected()
        pair.client.send("")
        #expect(try pair.client.takeOutbound()?.readableBytes ?? 0 == 0)
    }

    @Test("is passed to the channel before a flush when it grows, so that writability reflects it")
    func unflushed() throws {
        let pair = try Stage().connected()
        let half = ByteBuffer(repeating: 0, count: TLSHandler.unflushedLimit / 2)
        for _ in 0..<2 { pair.client.channel.write(half, promise: nil) }
        #expect(pair.client.handler.writes.octets == TLSHandler.unflushedLimit)
        pair.client.channel.write(half, promise: nil)
        #expect(pair.client.handler.writes.octets == 0)
        #expect(try pair.client.takeOutbound() == nil)
        pair.client.channel.flush()
        try pair.exchange()
        #expect(pair.server.seen.octets == 3 * half.readableBytes)
    }

    @Test("waits while a key update is incomplete")
    func halfMessage() throws {
        let certificates = try TestCertificates()
        let stage = try Stage(certificates, clientCA: certificates.authorityFile)
        // A ticket with a client certificate takes several of the smallest records.
        try stage.client.present(certificates.make("app", .init()))
        SSL_CTX_ctrl(stage.server.identities.contexts[0].pointer, SSL_CTRL_SET_MAX_SEND_FRAGMENT, 512, nil)
        let pair = stage.pair()
        try pair.start()
        try pair.carry(from: pair.client, to: pair.server)
        try pair.carry(from: pair.server, to: pair.client)
        try pair.carry(from: pair.client, to: pair.server)
        var tickets = try #require(try pair.server.takeOutbound())
        let firstRecord = tickets.readSlice(length: 5 + 512 + 17)
        let first = try #require(firstRecord)
        #expect(tickets.readableBytes > 0)
        try pair.client.channel.writeInbound(first)
        let written = pair.client.channel.writeAndFlush(ByteBuffer(string: "MAIL"))
        let closed = pair.client.channel.close()
        #expect(try pair.client.takeOutbound() == nil)
        try pair.client.channel.writeInbound(tickets)
        try pair.exchange()
        try written.wait()
        try closed.wait()
        #expect(pair.server.seen.text == "MAIL")
        #expect(pair.client.seen.errors.isEmpty && pair.server.seen.errors.isEmpty)
    }

    @Test("stops reading while the peer does not read our responses")
    func answers() throws {
        let pair = try Stage().connected()
        let connection = pair.client.handler.connection
        let client = try #require(connection)
        let reads = ReadCounter()
        try pair.server.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        pair.server.channel.isWritable = false
        var count = 0
        while pair.server.handler.answered <= TLSHandler.answerLimit, count < 10_000 {
            // The peer requests new keys over and over (RFC 8446 section 4.6.3).
            SSL_key_update(client.ssl, SSL_KEY_UPDATE_REQUESTED)
            pair.client.send("x")
            try pair.carry(from: pair.client, to: pair.server)
            count += 1
        }
        #expect(count < 10_000)
        let before = reads.count
        pair.server.channel.read()
        #expect(reads.count == before)
        pair.server.channel.isWritable = true
        pair.server.channel.pipeline.fireChannelWritabilityChanged()
        #expect(reads.count == before + 1)
    }
}

/// Counts the reads that reach the channel.
final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

/// Numbers in order of arrival.
private final class Notes: Sendable {
    private let numbers = Mutex<[Int]>([])

    var all: [Int] { numbers.withLock(\.self) }

    func add(_ number: Int) { numbers.withLock { $0.append(number) } }
}
