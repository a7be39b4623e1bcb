import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Large messages")
struct LargeMessageTests {
    private func lines(_ count: Int) -> String {
        String(repeating: String(repeating: "x", count: 98) + "\r\n", count: count)
    }

    /// Counts the reads that pass the session's handler.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var reads = 0

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }
    }

    @Test(
        "content over 16 KiB is appended as it arrives and yields the same message", arguments: [163, 164, 3000])
    func streamed(count: Int) throws {
        let session = try EmbeddedSession()
        try session.startData()
        let mail = "Subject: x\r\n\r\n" + lines(count)
        for start in stride(from: 0, to: mail.utf8.count, by: 7_001) {
            try session.send(String(mail.utf8.dropFirst(start).prefix(7_001))!)
        }
        #expect(try session.send(".\r\n").hasPrefix("250 2.0.0"))
        let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
        #expect(text == MessageFlowTests.header + mail)
        #expect(session.spool.messages.first?.size == text.utf8.count)
        let appends = session.spool.operations.count - 1
        #expect(count == 163 ? appends == 0 : appends > 0)
        #expect(session.spool.openStreams == 0)
    }

    @Test("mbox separator lines before streamed content")
    func streamedMailbox() throws {
        let session = try EmbeddedSession()
        try session.startData()
        let mail = "Subject: x\r\n\r\n" + lines(3000)
        for octet in "From me\r\n>From you\r\n" { try session.send(String(octet)) }
        for start in stride(from: 0, to: mail.utf8.count, by: 7_001) {
            try session.send(String(mail.utf8.dropFirst(start).prefix(7_001))!)
        }
        #expect(try session.send(".\r\n").hasPrefix("250 2.0.0"))
        let text = try #require(session.spool.text(of: QueueID(rawValue: 1)))
        #expect(text == MessageFlowTests.header + "X-Mailbox-Line: From me\r\nX-Mailbox-Line: >From you\r\n" + mail)
        #expect(session.spool.messages.first?.size == text.utf8.count)
    }

    @Test("reading stops while too much is not on disk, and resumes afterwards")
    func backpressure() throws {
        let spool = FaultySpool(automatic: false)
        let session = try EmbeddedSession(spool: spool)
        let counter = ReadCounter()
        try session.channel.pipeline.syncOperations.addHandler(counter, position: .first)
        try session.startData()
        for _ in 0..<8 { try session.send(lines(640)) }
        session.channel.read()
        let before = counter.reads
        #expect(before > 0)
        for _ in 0..<3 { try session.send(lines(640)) }
        session.channel.read()
        #expect(counter.reads == before)
        spool.commit()
        session.eventLoop.run()
        #expect(counter.reads == before + 1)
        spool.setAutomatic(true)
        #expect(try session.send(".\r\n").hasPrefix("250 2.0.0"))
        #expect(spool.text(of: QueueID(rawValue: 1))?.hasSuffix("\r\n\r\n" + lines(11 * 640)) == true)
    }

    @Test("a failed append refuses the message, and the next one is accepted")
    func partFails() throws {
        let session = try EmbeddedSession()
        session.spool.failNext(.append, with: SpoolError(.full, "no room"))
        try session.startData()
        for _ in 0..<10 { try session.send(lines(640)) }
        #expect(session.handler.message.held.readableBytes == 0)
        #expect(try session.send(".\r\n").hasPrefix("452 4.3.1"))
        try session.startData()
        for _ in 0..<10 { try session.send(lines(640)) }
        #expect(try session.send(".\r\n").hasPrefix("250 2.0.0"))
        #expect(session.spool.messages.count == 1)
    }

    @Test("a client that vanishes during its data leaves nothing behind")
    func vanished() throws {
        let session = try EmbeddedSession()
        try session.startData()
        for _ in 0..<10 { try session.send(lines(640)) }
        #expect(session.spool.openStreams == 1)
        try session.channel.close().wait()
        session.eventLoop.run()
        #expect(session.spool.openStreams == 0)
        #expect(session.spool.messages.isEmpty)
    }

    @Test("an ambiguous message that is partly stored is abandoned")
    func ambiguous() throws {
        let session = try EmbeddedSession()
        try session.startData()
        for _ in 0..<10 { try session.send(lines(640)) }
        try session.send("lone\nfeed\r\n" + lines(640))
        #expect(try session.send(".\r\n").hasPrefix("550 5.6.0"))
        #expect(session.spool.openStreams == 0)
        #expect(session.spool.messages.isEmpty)
    }
}
