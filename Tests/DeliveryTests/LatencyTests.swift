import Mail
import Testing
import Upstreams

@testable import Delivery

@Suite("The latency of an upstream is what it needed")
struct LatencyTests {
    /// One session to a server that needs 100 ms for each final dot.
    private func stage(_ configure: (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].maxConnections = 1
            configure(&$0)
        }
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply("250 2.0.0 taken", after: .milliseconds(100)) : nil
        }
        return stage
    }

    @Test("a pipelined message does not count the time for the one before it")
    func pipelined() throws {
        let stage = stage()
        for _ in 0..<2 { stage.accept() }
        try stage.advance(.milliseconds(300))
        #expect(stage.first.received.count == 2)
        #expect(stage.first.connects == 1)
        let status = try #require(stage.dispatcher.statuses().first)
        #expect(status.latencyP50 == .milliseconds(100))
        #expect(status.latencyP95 == .milliseconds(100))
        // The attempts overlapped: the second one started with the first, and took twice the time.
        let attempts = stage.events.all.compactMap { event in
            if case .delivered(_, _, _, _, let took, _, _, _) = event { took } else { nil }
        }
        #expect(attempts == [.milliseconds(100), .milliseconds(200)])
    }

    @Test("what the server needs for the envelope counts")
    func envelope() throws {
        let stage = stage()
        stage.first.script = { phase, _ in
            phase == .rcpt ? .lateReply("250 2.1.5 ok", after: .milliseconds(70)) : nil
        }
        for _ in 0..<2 { stage.accept() }
        try stage.advance(.milliseconds(300))
        let status = try #require(stage.dispatcher.statuses().first)
        #expect(status.latencyP50 == .milliseconds(70))
    }

    @Test("neither does the circuit see the wait", arguments: [(90, true), (150, false)])
    func circuit(threshold: Int, opens: Bool) throws {
        let stage = stage {
            $0.circuit.latencyThreshold = .milliseconds(threshold)
            $0.circuit.minRequests = 4
        }
        for _ in 0..<4 { stage.accept() }
        try stage.advance(.milliseconds(600))
        #expect(stage.first.received.count == 4)
        #expect(stage.words.contains("circuit first open") == opens)
    }
}
