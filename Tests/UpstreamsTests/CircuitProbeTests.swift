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

    @Test("consecutive failed probes open a closed circuit before any mail")
    mutating func opens() {
        #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
        #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
        let transition = circuit.probeFailed(now: start, jitter: 1)
        #expect(transition?.summary == "closed to open, 0 %: 3 probes in a row failed")
        #expect(transition?.until == start + .seconds(11))
    }

    @Test("a successful probe or message restarts the count of failed probes", arguments: [false, true])
    mutating func rowBeginsAnew(byMail: Bool) {
        for _ in 0..<5 {
            #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
            #expect(circuit.probeFailed(now: start, jitter: 0) == nil)
            _ = byMail ? circuit.succeeded(now: start) : circuit.probeSucceeded(now: start)
        }
    }

    @Test("a successful probe does not excuse failures of mail")
    mutating func failuresStand() {
        _ = circuit.failed(now: start, jitter: 0)
        _ = circuit.failed(now: start, jitter: 0)
        #expect(circuit.probeSucceeded(now: start) == nil)
        #expect(circuit.isSuspect)
        #expect(circuit.failed(now: start, jitter: 0) != nil)
    }

    @Test("greetings missed before the first probe make it suspect, and a successful probe excuses them")
    mutating func missedGreetings() {
        for _ in 0..<20 {
            let isKept = circuit.missedGreeting(began: start)
            #expect(isKept)
        }
        #expect(circuit.state == .closed(failures: 0) && circuit.isSuspect)
        #expect(circuit.probeSucceeded(now: start) == nil)
        #expect(!circuit.isSuspect)
        #expect(circuit.failed(now: start, jitter: 0) == nil)
    }

    @Test("greetings missed before a probe that fails are as many failures", arguments: [1, 2, 3, 20])
    mutating func confirmedSilence(count: Int) {
        for _ in 0..<count { _ = circuit.missedGreeting(began: nil) }
        let transition = circuit.probeFailed(now: start, jitter: 0)
        #expect((transition == nil) == (count < circuit.settings.consecutiveFailures))
        #expect(transition.map { $0.cause == "\(count) failures in a row" } ?? true)
        #expect(circuit.isSuspect == (transition == nil))
    }

    @Test("a greeting missed by a trial, or on the ramp, is a failure at once")
    mutating func missedByTrial() {
        circuit = Circuit.example { $0.rampSteps = [0.5, 1] }
        _ = circuit.open(at: start)
        var isKept = circuit.missedGreeting(began: nil)
        #expect(!isKept)
        _ = circuit.admit(now: start + .seconds(20))
        isKept = circuit.missedGreeting(began: nil)
        #expect(!isKept)
        _ = circuit.succeeded(now: start + .seconds(20), isTrial: true)
        isKept = circuit.missedGreeting(began: nil)
        #expect(!isKept)
    }

    @Test("consecutive successful probes bring the trial forward, still with a single message")
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

    @Test("probes have no effect after an account fault or an operator opened the circuit", arguments: [false, true])
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

    @Test("nor after an account fault is reported while it is open")
    mutating func lateAccountFault() {
        _ = circuit.open(at: start)
        #expect(circuit.failed(now: start + .seconds(1), jitter: 0, .account) == nil)
        for second in 1..<9 { #expect(circuit.probeSucceeded(now: start + .seconds(second)) == nil) }
        #expect(circuit.trialAt == start + .seconds(10))
    }

    @Test("twice as many are required after each time they were wrong")
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

    @Test("it awaits its trial once nothing but a message is missing, until something fails")
    mutating func awaitsTrial() {
        #expect(!circuit.awaitsTrial(now: start))
        _ = circuit.open(at: start)
        _ = circuit.probeSucceeded(now: start + .seconds(1))
        #expect(!circuit.awaitsTrial(now: start + .seconds(1)))
        _ = circuit.probeSucceeded(now: start + .seconds(2))
        #expect(circuit.awaitsTrial(now: start + .seconds(2)))
        _ = circuit.probeFailed(now: start + .seconds(3), jitter: 0)
        #expect(!circuit.awaitsTrial(now: start + .seconds(3)))
        // The time has come without probes, and then one succeeds.
        #expect(!circuit.awaitsTrial(now: start + .seconds(11)))
        _ = circuit.probeSucceeded(now: start + .seconds(12))
        #expect(circuit.awaitsTrial(now: start + .seconds(12)))
        _ = circuit.admit(now: start + .seconds(12))
        #expect(circuit.state.name == .halfOpen && circuit.awaitsTrial(now: start + .seconds(12)))
        _ = circuit.succeeded(now: start + .seconds(13), isTrial: true)
        #expect(circuit.state.name == .closed && !circuit.awaitsTrial(now: start + .seconds(13)))
    }

    @Test("a trial that follows a failed one proves nothing while it runs, whatever probes say")
    mutating func doubtfulTrial() {
        _ = circuit.open(at: start)
        for _ in 0..<2 { _ = circuit.probeSucceeded(now: start) }
        _ = circuit.admit(now: start)
        #expect(circuit.awaitsTrial(now: start))
        _ = circuit.failed(now: start, jitter: 0)
        #expect(!circuit.awaitsTrial(now: start + .seconds(100)))
        for _ in 0..<4 { _ = circuit.probeSucceeded(now: start + .seconds(1)) }
        #expect(circuit.awaitsTrial(now: start + .seconds(1)))
        _ = circuit.admit(now: start + .seconds(1))
        #expect(!circuit.awaitsTrial(now: start + .seconds(1)))
        _ = circuit.trialEndedWithoutVerdict(now: start + .seconds(2))
        #expect(circuit.awaitsTrial(now: start + .seconds(2)))
    }

    @Test("after an account fault no probe makes it await a trial; after an operator's order its time has to come")
    mutating func noTrialAwaited() {
        var byHand = circuit
        _ = byHand.trip(now: start, for: .seconds(60))
        _ = circuit.failed(now: start, jitter: 0, .account)
        for second in 1..<9 {
            _ = circuit.probeSucceeded(now: start + .seconds(second))
            _ = byHand.probeSucceeded(now: start + .seconds(second))
        }
        #expect(!circuit.awaitsTrial(now: start + .seconds(3600)))
        #expect(!byHand.awaitsTrial(now: start + .seconds(59)))
        #expect(byHand.awaitsTrial(now: start + .seconds(60)))
    }

    @Test("trials that fail at their scheduled time do not discredit probes")
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
