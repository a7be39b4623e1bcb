import Mail
import COpenSSL
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import TLS

@Suite("The end of a connection")
struct ClosingTests {
    /// RFC 8446 section 6.1.
    @Test("is signalled by one side and confirmed by the other", arguments: versions, [true, false])
    func closing(version: Int32, byClient: Bool) throws {
        let pair = try Stage(version: version).connected()
        let (first, second) = byClient ? (pair.client, pair.server) : (pair.server, pair.client)
        first.send("bye")
        let closed = first.channel.close()
        #expect(first.channel.isActive)
        try pair.exchange()
        try closed.wait()
        #expect(second.seen.text == "bye")
        #expect(!first.channel.isActive && !second.channel.isActive)
        #expect(first.seen.errors.isEmpty && second.seen.errors.isEmpty)
    }

    @Test("is not awaited longer than the shutdown time-out")
    func timeout() throws {
        let pair = try Stage().connected()
        let closed = pair.client.channel.close()
        let again = pair.client.channel.close()
        pair.client.channel.embeddedEventLoop.advanceTime(by: TLSHandler.shutdownTimeout)
        #expect(!pair.client.channel.isActive)
        #expect(pair.client.seen.errors.isEmpty)
        for future in [closed, again] {
            #expect { try future.wait() } throws: { ($0 as? TLSError)?.code == .timeout }
        }
    }

    @Test("may also be the end of the stream if a close was requested")
    func endOfStream() throws {
        for byHalfClose in [true, false] {
            let pair = try Stage().connected()
            let closed = pair.client.channel.close()
            if byHalfClose {
                pair.client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            } else {
                pair.client.lose()
            }
            try closed.wait()
            #expect(pair.client.seen.errors.isEmpty)
        }
    }

    @Test("drops data that arrives after the channel was closed", arguments: versions)
    func lateData(version: Int32) throws {
        let pair = try Stage(version: version).connected()
        pair.server.send("too late")
        pair.client.channel.close(promise: nil)
        try pair.exchange()
        #expect(pair.client.seen.text.isEmpty)
        #expect(!pair.client.channel.isActive && !pair.server.channel.isActive)
    }

    /// RFC 8446 section 6.1.
    @Test("without a closing alert is an error", arguments: [true, false], versions)
    func truncation(byHalfClose: Bool, version: Int32) throws {
        let pair = try Stage(version: version).connected()
        pair.client.send("DATA")
        try pair.exchange()
        pair.server.channel.allowRemoteHalfClosure = byHalfClose
        if byHalfClose {
            pair.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            pair.server.lose()
        }
        #expect(pair.server.seen.text == "DATA")
        #expect(pair.server.seen.error?.code == .broken)
        #expect(pair.server.seen.errors.count == 1)
        #expect(!pair.server.seen.inputIsClosed)
        #expect(!pair.server.channel.isActive)
    }

    @Test("of the peer's data leaves our direction open with half-closure", arguments: versions)
    func halfClosure(version: Int32) throws {
        let pair = try Stage(version: version).connected()
        for end in [pair.client, pair.server] { end.channel.allowRemoteHalfClosure = true }
        pair.client.send("QUIT")
        pair.client.channel.close(mode: .output, promise: nil)
        try pair.exchange()
        #expect(pair.server.seen.text == "QUIT")
        #expect(pair.server.seen.inputIsClosed)
        #expect(pair.server.channel.isActive)
        #expect(throws: ChannelError.outputClosed) {
            try pair.client.channel.writeAndFlush(ByteBuffer(string: "x")).wait()
        }

        pair.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        pair.server.send("221 bye")
        let closed = pair.server.channel.close()
        try pair.exchange()
        try closed.wait()
        #expect(pair.client.seen.text == "221 bye")
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
        #expect(pair.server.seen.errors.isEmpty && pair.client.seen.errors.isEmpty)
    }

    @Test("during the handshake is immediate if nothing was written")
    func duringHandshake() throws {
        let pair = try Stage().pair()
        try pair.start()
        pair.client.channel.write(ByteBuffer(string: "never flushed"), promise: nil)
        try pair.client.channel.close().wait()
        #expect(!pair.client.channel.isActive)
        #expect(pair.client.seen.errors.isEmpty)
    }

    @Test("during the handshake waits for flushed data", arguments: versions, [CloseMode.all, .output])
    func afterHandshake(version: Int32, mode: CloseMode) throws {
        let pair = try Stage(version: version).pair()
        try pair.start()
        pair.server.send("421 too busy")
        let closed = pair.server.channel.close(mode: mode)
        try pair.exchange()
        try closed.wait()
        #expect(pair.client.seen.text == "421 too busy")
        #expect(pair.server.seen.errors.isEmpty && pair.client.seen.errors.isEmpty)
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
    }

    @Test("fails unflushed writes and later ones")
    func unflushed() throws {
        let pair = try Stage().connected()
        let before = pair.client.channel.write(ByteBuffer(string: "never flushed"))
        pair.client.channel.close(promise: nil)
        let after = pair.client.channel.writeAndFlush(ByteBuffer(string: "too late"))
        for future in [before, after] { #expect(throws: ChannelError.ioOnClosedChannel) { try future.wait() } }
        #expect(throws: ChannelError.operationUnsupported) { try pair.server.channel.close(mode: .input).wait() }
    }

    @Test("by a damaged record is an error on both sides", arguments: versions)
    func damage(version: Int32) throws {
        let pair = try Stage(version: version).connected()
        pair.client.send("DATA")
        var record = try #require(try pair.client.takeOutbound())
        let last = record.writerIndex - 1
        record.setInteger(record.getInteger(at: last, as: UInt8.self)! ^ 1, at: last)
        try pair.server.channel.writeInbound(record)
        try pair.exchange()
        #expect(pair.server.seen.text.isEmpty)
        #expect(pair.server.seen.error?.code == .broken)
        #expect(pair.client.seen.error?.code == .broken)
        #expect(pair.client.seen.error?.causes.first?.contains("alert bad record mac") == true)
        #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
    }

    @Test("by plaintext among the records is an error")
    func injection() throws {
        let pair = try Stage().connected()
        try pair.server.channel.writeInbound(ByteBuffer(string: "RCPT TO:<x@example.com>\r\n"))
        #expect(pair.server.seen.text.isEmpty)
        #expect(pair.server.seen.error?.code == .broken)
        #expect(!pair.server.channel.isActive)
    }

    @Test("by an oversized record is an error")
    func longRecord() throws {
        let pair = try Stage().connected()
        var record = ByteBuffer(bytes: [23, 3, 3, 0xff, 0xff])
        record.writeRepeatingByte(0, count: 0xffff)
        try pair.server.channel.writeInbound(record)
        #expect(pair.server.seen.error?.code == .broken)
        #expect(!pair.server.channel.isActive)
    }
}
