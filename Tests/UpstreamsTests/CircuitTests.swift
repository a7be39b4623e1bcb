import Testing
import Upstreams

@Suite("Circuit")
struct CircuitTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var circuit = Circuit.example()

    @Test("opens at the limit of consecutive failures, and not before")
    mutating func opens() {
        #expect(circuit.failed(now: start, jitter: 0) == nil)
        #expect(circuit.failed(now: start, jitter: 0) == nil)
        #expect(circuit.admission(now: start) == .admitted)
        let transition = circuit.failed(now: start, jitter: 0)
        #expect(transition?.summary == "closed to open, 0 %: 3 failures in a row")
        #expect(transition?.until == start + .seconds(10))
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("is suspect from the first failure to the next success")
    mutating func suspect() {
        #expect(!circuit.isSuspect)
        fail(1)
        #expect(circuit.isSuspect)
        _ = circuit.succeeded(now: start)
        #expect(!circuit.isSuspect)
        fail(3)
        #expect(!circuit.isSuspect)
    }

    @Test("an account fault opens it at once, and counts like any other while not closed")
    mutating func opensAtOnce() {
        let transition = circuit.failed(now: start, jitter: 0, .account)
        #expect(transition?.summary == "closed to open, 0 %: account fault")
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
        #expect(circuit.failed(now: start, jitter: 0, .account) == nil)
        #expect(circuit.isAccountFault)
    }

    @Test("a success restarts the count")
    mutating func successResets() {
        for _ in 0..<5 {
            #expect(circuit.failed(now: start, jitter: 0) == nil)
            #expect(circuit.failed(now: start, jitter: 0) == nil)
            #expect(circuit.succeeded(now: start) == nil)
        }
    }

    @Test("admits one trial message when its time has come, and no second one")
    mutating func oneTrial() {
        fail(3)
        #expect(circuit.admit(now: start + .milliseconds(9999)).admission == .refused(until: start + .seconds(10)))
        #expect(circuit.trialAt == start + .seconds(10))
        #expect(circuit.admit(now: start + .seconds(10)).admission == .trial)
        #expect(circuit.admit(now: start + .seconds(10)).admission == .refused(until: nil))
        let transition = circuit.succeeded(now: start + .seconds(11), isTrial: true)
        #expect(transition?.kind == .state)
        #expect(transition?.summary == "halfOpen to closed, 100 %: trial succeeded")
        #expect(circuit.admit(now: start + .seconds(11)).admission == .admitted)
    }

    @Test("tells the transition that a trial makes, and none that a message makes which is let in otherwise, or not")
    mutating func trialTransition() {
        #expect(circuit.admit(now: start).transition == nil)
        fail(3)
        #expect(circuit.admit(now: start).transition == nil)
        let transition = circuit.admit(now: start + .seconds(10)).transition
        #expect(transition?.summary == "open to halfOpen, 0 %: the time has come for a trial")
        #expect(transition?.kind == .state)
        #expect(circuit.admit(now: start + .seconds(10)).transition == nil)
    }

    @Test("stays open twice as long after each failed trial, up to the limit", arguments: [[10, 20, 30, 30]])
    mutating func doubles(expected: [Int]) {
        fail(3)
        var now = start
        for seconds in expected {
            #expect(circuit.admission(now: now) == .refused(until: now + .seconds(seconds)))
            now = now + .seconds(seconds)
            #expect(circuit.admit(now: now).admission == .trial)
            #expect(circuit.failed(now: now, jitter: 0)?.summary == "halfOpen to open, 0 %: trial failed")
        }
    }

    @Test("a trial without a verdict lets the next message try at once")
    mutating func noVerdict() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.trialEndedWithoutVerdict(now: start + .seconds(11))
        #expect(circuit.admit(now: start + .seconds(11)).admission == .trial)
    }

    @Test("jitter varies the duration by at most a tenth", arguments: [(-1.0, 9000), (1.0, 11000)])
    mutating func jitter(value: Double, milliseconds: Int) {
        fail(2)
        _ = circuit.failed(now: start, jitter: value)
        #expect(circuit.admission(now: start) == .refused(until: start + .milliseconds(milliseconds)))
    }

    // MARK: - Late reports

    @Test("successes of sessions in progress when it opened change nothing", arguments: [false, true])
    mutating func lateSuccesses(whileHalfOpen: Bool) {
        fail(3)
        if whileHalfOpen { _ = circuit.admit(now: start + .seconds(10)) }
        let before = circuit
        #expect(circuit.succeeded(now: start + .seconds(10)) == nil)
        #expect(circuit == before)
    }

    @Test("failures of sessions in progress when it opened change nothing")
    mutating func lateFailures() {
        fail(3)
        #expect(circuit.failed(now: start + .seconds(5), jitter: 0) == nil)
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("failures of attempts begun before it opened are ignored once it has closed")
    mutating func oldFailures() {
        circuit.failOver(at: start + .seconds(1))
        for _ in 0..<9 {
            #expect(circuit.failed(now: start + .seconds(12), jitter: 0, .account, began: start) == nil)
        }
        #expect(!circuit.isSuspect)
        #expect(circuit.failed(now: start + .seconds(12), jitter: 0, began: start + .seconds(11)) == nil)
        #expect(circuit.isSuspect)
        _ = circuit.succeeded(now: start + .seconds(13), took: .seconds(13))
        #expect(circuit.isSuspect)
    }

    @Test("a successful trial closes it although another session has failed meanwhile")
    mutating func trialAmongFailures() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.failed(now: start + .seconds(10), jitter: 0)
        #expect(
            circuit.succeeded(now: start, isTrial: true)?.summary == "open to closed, 100 %: trial succeeded")
    }

    // MARK: - By hand

    @Test("can be opened by hand for a given time, or its initial duration", arguments: [nil, 1800])
    mutating func trip(seconds: Int?) {
        let transition = circuit.trip(now: start, for: seconds.map { .seconds($0) })
        #expect(transition.summary == "closed to open, 0 %: tripped by hand")
        let until = start + .seconds(seconds ?? 10)
        #expect(transition.until == until)
        #expect(circuit.trip(now: start, for: .seconds(seconds ?? 10)).kind == .trialTime)
        #expect(circuit.admission(now: start) == .refused(until: until))
        #expect(circuit.admit(now: until).admission == .trial)
        #expect(circuit.failed(now: until, jitter: 0)?.until == until + .seconds(20))
    }

    @Test("a trial in progress does not close a circuit opened by hand")
    mutating func tripDuringTrial() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.trip(now: start + .seconds(10), for: .seconds(60))
        #expect(circuit.succeeded(now: start + .seconds(11), isTrial: true) == nil)
        #expect(circuit.trialAt == start + .seconds(70))
    }

    @Test("an account fault while open by hand is recorded, without changing the duration")
    mutating func accountFaultWhileTripped() {
        _ = circuit.trip(now: start, for: .seconds(60))
        #expect(!circuit.isAccountFault)
        #expect(circuit.failed(now: start + .seconds(1), jitter: 0, .account) == nil)
        #expect(circuit.isAccountFault)
        #expect(circuit.probeHealth == .accountFault)
        #expect(circuit.trialAt == start + .seconds(60))
        #expect(circuit.admit(now: start + .seconds(60)).admission == .trial)
    }

    @Test("a reset restores all traffic and forgets the past")
    mutating func reset() {
        fail(3)
        #expect(circuit.reset(now: start)?.summary == "open to closed, 100 %: reset by hand")
        #expect(circuit.reset(now: start) == nil)
        #expect(circuit == .example())
    }

    private mutating func fail(_ times: Int) {
        for _ in 0..<times { _ = circuit.failed(now: start, jitter: 0) }
    }
}

extension Circuit {
    /// Three failures, 10 s to 30 s, and no ramp.
    static func example(_ change: (inout Settings) -> Void = { _ in }) -> Circuit {
        var settings = Settings(consecutiveFailures: 3, openDuration: .seconds(10), maxOpenDuration: .seconds(30))
        settings.rampSteps = [1]
        change(&settings)
        return Circuit(settings: settings)
    }

    /// Opens by failures and closes by a trial, as soon as possible.
    mutating func failOver(at now: MonotonicInstant) {
        _ = open(at: now)
        let trial = trialAt ?? now
        _ = admit(now: trial)
        _ = succeeded(now: trial, isTrial: true)
    }

    /// Fails until it opens.
    mutating func open(at now: MonotonicInstant) -> CircuitTransition? {
        for _ in 0..<100 {
            if let transition = failed(now: now, jitter: 0) { return transition }
        }
        return nil
    }
}

extension CircuitTransition {
    var summary: String { "\(from) to \(to), \(Int((share * 100).rounded())) %: \(cause)" }
}
