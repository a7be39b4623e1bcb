import Testing
import Upstreams

@Suite("Circuit: probes")
struct CircuitProbeTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var circuit = Circuit.example {
        $0.unhealthyThreshold = 3
        $0.healthyThreshold = 2
        $0.maxOpenDuration = .seconds(600)
    }

    @Test("so many that fail in a row open a closed circuit before any mail")
    mutating func opens() {
        #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
        #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
        let transition = circuit.probeFailed(now: start, jitter: 1)
        #expect(transition?.summary == "closed to open, 0 %: 3 probes in a row failed")
        #expect(transition?.until == start + .seconds(11))
    }

    @Test("one that succeeds, or a message that goes through, begins their row anew", arguments: [false, true])
    mutating func rowBeginsAnew(byMail: Bool) {
        for _ in 0..<5 {
            #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
            #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
            _ = byMail ? circuit.succeeded(now: start) : circuit.probeSucceeded(now: start)
        }
    }

    @Test("one that succeeds does not excuse failures of mail")
    mutating func failuresStand() {
        _ = circuit.failed(now: start, jitter: 0)
        _ = circuit.failed(now: start, jitter: 0)
        #expect(circuit.probeSucceeded(now: start) == nil)
        #expect(circuit.isSuspect)
        #expect(circuit.failed(now: start, jitter: 0) != nil)
    }

    @Test("so many that succeed in a row bring the trial forward, and it is still one message")
    mutating func bringForward() {
        _ = circuit.open(at: start)
        #expect(circuit.probeSucceeded(now: start + .seconds(1)) == nil)
        #expect(circuit.probeFailed(now: start + .seconds(2), jitter: 0) == nil)
        #expect(circuit.trialAt == start + .seconds(10))
        #expect(circuit.probeSucceeded(now: start + .seconds(3)) == nil)
        let transition = circuit.probeSucceeded(now: start + .seconds(4))
        #expect(transition?.summary == "open to open, 0 %: 2 probes in a row succeeded")
        #expect(transition?.until == start + .seconds(4))
        #expect(circuit.admit(now: start + .seconds(4)).admission == .trial)
        #expect(circuit.probeSucceeded(now: start + .seconds(5)) == nil)
        #expect(circuit.admit(now: start + .seconds(5)).admission == .refused(until: nil))
    }

    @Test("they have no word where an account fault opened it, or an operator", arguments: [false, true])
    mutating func noWord(byHand: Bool) {
        if byHand {
            _ = circuit.trip(now: start, for: .seconds(60))
        } else {
            _ = circuit.failed(now: start, jitter: 0, .account)
        }
        let before = circuit.trialAt
        for second in 1..<9 { #expect(circuit.probeSucceeded(now: start + .seconds(second)) == nil) }
        #expect(circuit.trialAt == before)
    }

    @Test("nor where an account fault is heard of after it had opened")
    mutating func lateAccountFault() {
        _ = circuit.open(at: start)
        #expect(circuit.failed(now: start + .seconds(1), jitter: 0, .account) == nil)
        for second in 1..<9 { #expect(circuit.probeSucceeded(now: start + .seconds(second)) == nil) }
        #expect(circuit.trialAt == start + .seconds(10))
    }

    @Test("twice as many are asked for after each time that they were wrong")
    mutating func wrongProbes() {
        _ = circuit.open(at: start)
        var now = start
        for wanted in [2, 4, 8] {
            for _ in 1..<wanted { #expect(circuit.probeSucceeded(now: now) == nil) }
            #expect(circuit.probeSucceeded(now: now)?.cause == "\(wanted) probes in a row succeeded")
            _ = circuit.admit(now: now)
            _ = circuit.failed(now: now, jitter: 0)
            now = now + .seconds(1)
        }
    }

    @Test("trials that fail by their own time do not make probes doubtful")
    mutating func longDead() {
        _ = circuit.open(at: start)
        for _ in 0..<4 {
            let trial = circuit.trialAt ?? start
            _ = circuit.admit(now: trial)
            _ = circuit.failed(now: trial, jitter: 0)
        }
        let now = start + .seconds(200)
        #expect(circuit.trialAt == start + .seconds(310))
        _ = circuit.probeSucceeded(now: now)
        #expect(circuit.probeSucceeded(now: now)?.until == now)
    }
}
