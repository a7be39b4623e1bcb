import TestKit
import Testing
import Upstreams

@Suite("Circuit: reasons")
struct CircuitReasonTests {
    let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    var circuit = Circuit.example {
        $0.consecutiveFailures = 3
        $0.minRequests = 4
        $0.latencyThreshold = .seconds(5)
        $0.unhealthyThreshold = 2
    }

    @Test("failures in a row")
    mutating func failures() {
        #expect(circuit.open(at: start)?.reason == .failures)
    }

    @Test("a share of failed attempts")
    mutating func rate() {
        circuit = .example {
            $0.consecutiveFailures = 1000
            $0.minRequests = 4
        }
        for _ in 0..<2 { _ = circuit.succeeded(now: start) }
        _ = circuit.failed(now: start, jitter: 0)
        #expect(circuit.failed(now: start, jitter: 0)?.reason == .failureRate)
    }

    @Test("attempts that took too long, and so a slow trial")
    mutating func slow() {
        let took = Duration.seconds(6)
        let openings = (0..<4).compactMap { _ in circuit.succeeded(now: start, took: took, jitter: 0) }
        #expect(openings.map(\.reason) == [.slow])
        let trial = start + .seconds(600)
        #expect(circuit.admit(now: trial).transition?.reason == .trial)
        #expect(circuit.succeeded(now: trial, isTrial: true, took: took)?.reason == .slow)
    }

    @Test("a refused account, at first and on trial")
    mutating func account() {
        #expect(circuit.failed(now: start, jitter: 0, .account)?.reason == .account)
        _ = circuit.admit(now: start + .seconds(600))
        #expect(circuit.failed(now: start + .seconds(600), jitter: 0, .account)?.reason == .account)
    }

    @Test("refuted refusals")
    func refuted() {
        var stage = RefutationStage()
        let transitions = (0..<5).compactMap { stage.refute(sender: "app\($0)", domain: "d\($0).test") }
        #expect(transitions.first?.to == .open)
        #expect(transitions.first?.reason == .refuted)
    }

    @Test("health checks, which also bring the trial forward")
    mutating func probes() {
        _ = circuit.probeFailed(now: start, jitter: 0)
        #expect(circuit.probeFailed(now: start, jitter: 0)?.reason == .probe)
        let news = (0..<4).compactMap { _ in circuit.probeSucceeded(now: start) }
        #expect(news.map(\.reason) == [.probe])
    }

    @Test("an operator, both ways")
    mutating func byHand() {
        #expect(circuit.trip(now: start, for: nil).reason == .operator)
        #expect(circuit.reset(now: start)?.reason == .operator)
    }

    @Test("a trial that succeeds, fails, or ends without a verdict")
    mutating func trial() {
        circuit = .example { $0.rampSteps = [0.5, 1] }
        _ = circuit.open(at: start)
        let trial = start + .seconds(600)
        _ = circuit.admit(now: trial)
        #expect(circuit.trialEndedWithoutVerdict(now: trial)?.reason == .trial)
        _ = circuit.admit(now: trial)
        #expect(circuit.failed(now: trial, jitter: 0)?.reason == .trial)
        let next = trial + .seconds(3600)
        _ = circuit.admit(now: next)
        #expect(circuit.succeeded(now: next, isTrial: true)?.reason == .trial)
        #expect(circuit.advance(now: next + .seconds(3600))?.reason == .ramp)
    }

    @Test("other settings, where nothing checks the upstream")
    mutating func settings() {
        _ = circuit.open(at: start)
        #expect(circuit.meansChanged(isProbed: false, now: start)?.reason == .settings)
    }
}
