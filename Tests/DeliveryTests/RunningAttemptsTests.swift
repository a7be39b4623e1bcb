import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("An attempt that is on record")
struct RunningAttemptsTests {
    /// Upstreams of the attempts on record that are under way.
    private func running(_ stage: DeliveryStage) -> [String] {
        let attempts = stage.dispatcher.runningAttempts
        return stage.spool.messages.compactMap { $0.during(attempts).openAttempt?.upstream }
    }

    /// Messages are committed with their attempts from the start, unless attempts are recorded at their dots.
    private func stage(
        upstreams count: Int = 1, atDots: Bool = false, _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: count, recordsAttemptsAtDots: atDots, configure: configure)
        stage.dispatcher.pump()
        return stage
    }

    private func recorded(_ stage: DeliveryStage) -> Int { stage.spool.messages.count { $0.openAttempt != nil } }

    @Test("has not begun while its message waits for the rate of the upstream")
    func rate() throws {
        let stage = stage { $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(1)) }
        for _ in 0..<5 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(recorded(stage) == 4 && running(stage).isEmpty)
    }

    @Test("has not begun while its message waits for a quota")
    func quota() throws {
        let stage = stage { $0.upstreams[0].quota = [Quota("2/d")].compactMap { $0 } }
        for _ in 0..<5 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.spool.messages.count == 3 && running(stage).isEmpty)
    }

    @Test("has not begun while its message waits for a connection, or for its turn in a session")
    func sessions() throws {
        let stage = stage { $0.upstreams[0].maxConnections = 1 }
        stage.first.connectTime = .milliseconds(300)
        stage.first.pipelining = false
        stage.first.script = { phase, _ in phase == .mail ? .lateReply("250 ok", after: .milliseconds(500)) : nil }
        for _ in 0..<5 { stage.accept() }
        try stage.advance(.milliseconds(200))
        #expect(recorded(stage) == 5 && running(stage).isEmpty)
        try stage.advance(.milliseconds(200))
        #expect(recorded(stage) == 5 && running(stage) == ["first"])
    }

    @Test("runs while the upstream has not answered the final dot")
    func dot() throws {
        let stage = stage()
        stage.first.script = { phase, _ in phase == .dot ? .lateReply("250 ok", after: .seconds(1)) : nil }
        stage.accept()
        try stage.advance(.milliseconds(500))
        #expect(running(stage) == ["first"])
        try stage.advance(.seconds(1))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("runs from its envelope on, also where it is not on record before its dot", arguments: [false, true])
    func notYetOnRecord(atDots: Bool) throws {
        let stage = stage(atDots: atDots)
        stage.first.script = { phase, _ in phase == .rcpt ? .lateReply("250 ok", after: .milliseconds(400)) : nil }
        let id = stage.accept(to: ["a@x", "b@x"])
        try stage.advance(.milliseconds(200))
        #expect(recorded(stage) == (atDots ? 0 : 1))
        let message = try #require(stage.spool.messages.first)
        let attempt = try #require(message.during(stage.dispatcher.runningAttempts).openAttempt)
        #expect(attempt.upstream == "first" && attempt.recipients == [0, 1] && message.id == id)
        let began = attempt.startedAt - DeliveryStage.epoch
        #expect(began >= .zero && began <= .milliseconds(10))
        stage.first.script = { phase, _ in phase == .dot ? .lateReply("250 ok", after: .seconds(1)) : nil }
        try stage.advance(.milliseconds(800))
        #expect(recorded(stage) == 1 && running(stage) == ["first"])
        try stage.advance(.seconds(1))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("counts as running after its end, as long as what came of its dot is not on disk", arguments: [false, true])
    func outcomes(atDots: Bool) throws {
        let stage = stage(atDots: atDots)
        stage.spool.failNext(.settle, with: SpoolError(.full, "the disk is full"))
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.dispatcher.upstreams.all.allSatisfy { $0.pool.inFlight == 0 })
        #expect(running(stage) == ["first"])
    }

    @Test("does not count as one through the upstream that the message was lined up for and has not reached")
    func elsewhere() throws {
        let stage = stage(upstreams: 2)
        stage.first.ignoresConnects = true
        stage.second.script = { phase, _ in phase == .mail ? .silence : nil }
        stage.accept()
        try stage.advance(.milliseconds(300))
        #expect(recorded(stage) == 1 && running(stage).isEmpty)
        _ = stage.dispatcher.control("first", UpstreamControl(.disable))
        try stage.advance(.milliseconds(300))
        #expect(running(stage) == ["second"])
    }
}
