import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Stopping")
struct StopTests {
    private func stop(_ session: EmbeddedSession, grace: TimeAmount = .seconds(10)) -> StopWatch {
        let watch = StopWatch()
        session.loop.stop(by: session.eventLoop.now + grace).whenSuccess { watch.hasEnded = true }
        session.eventLoop.run()
        return watch
    }

    private final class StopWatch: @unchecked Sendable {
        // Safety: an embedded loop runs on the test's thread only.
        var hasEnded = false
    }

    @Test("an idle session gets 421 4.3.2 and ends at once")
    func idle() throws {
        let session = try EmbeddedSession()
        _ = try session.send("EHLO c.test\r\n")
        let watch = stop(session)
        #expect(try session.replies() == "421 4.3.2 The relay is stopping, try again later\r\n")
        #expect(watch.hasEnded && !session.channel.isActive)
    }

    @Test("an open transaction may finish, then the session ends")
    func transaction() throws {
        let session = try EmbeddedSession()
        try session.startData()
        _ = try session.replies()
        let watch = stop(session)
        #expect(!watch.hasEnded && session.channel.isActive)
        let replies = try session.send("x\r\n.\r\nMAIL FROM:<>\r\n")
        #expect(replies.hasPrefix("250 2.0.0 Ok"))
        #expect(replies.hasSuffix("421 4.3.2 The relay is stopping, try again later\r\n"))
        #expect(replies.split(separator: "\r\n").count == 2)
        #expect(watch.hasEnded)
        #expect(session.spool.messages.count == 1)
    }

    @Test("sessions still open after the grace period are ended")
    func grace() throws {
        let session = try EmbeddedSession()
        try session.startData()
        _ = try session.replies()
        let watch = stop(session)
        session.eventLoop.advanceTime(by: .seconds(9))
        try session.send("x\r\n")
        #expect(!watch.hasEnded)
        session.eventLoop.advanceTime(by: .seconds(1))
        #expect(try session.replies().hasPrefix("421 4.3.2"))
        #expect(watch.hasEnded)
    }

    @Test("a connection that arrives while stopping is turned away")
    func late() throws {
        let session = try EmbeddedSession()
        try session.startData()
        _ = stop(session)
        let channel = try session.connect(SessionHandler(loop: session.loop, listener: session.handler.listener))
        #expect(String(buffer: try #require(try channel.readOutbound(as: ByteBuffer.self))).hasPrefix("421 4.3.2"))
    }
}
