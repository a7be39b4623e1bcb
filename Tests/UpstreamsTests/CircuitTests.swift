import Testing
import Upstreams

@Suite("Circuit")
struct CircuitTests {
    let start = Moment(nanoseconds: 0)
    var circuit = Circuit(
        settings: .init(consecutiveFailures: 3, openDuration: .seconds(10), maxOpenDuration: .seconds(30)))

    @Test("opens at the limit of failures in a row, and not before")
    mutating func opens() {
        #expect(circuit.failed(now: start, jitter: 0) == nil)
        #expect(circuit.failed(now: start, jitter: 0) == nil)
        #expect(circuit.admission(now: start) == .admitted)
        #expect(circuit.failed(now: start, jitter: 0).map { [$0.from, $0.to] } == ["closed", "open"])
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("one failure is enough where it says so, and counts as any other while the circuit is not closed")
    mutating func opensAtOnce() {
        #expect(circuit.failed(now: start, jitter: 0, .account).map { [$0.from, $0.to] } == ["closed", "open"])
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
        #expect(circuit.failed(now: start, jitter: 0, .account) == nil)
    }

    @Test("a success in between begins the row anew")
    mutating func successResets() {
        for _ in 0..<5 {
            #expect(circuit.failed(now: start, jitter: 0) == nil)
            #expect(circuit.failed(now: start, jitter: 0) == nil)
            #expect(circuit.succeeded(now: start) == nil)
        }
    }

    @Test("lets one message try when its time has come, and no second one")
    mutating func oneTrial() {
        fail(3)
        #expect(circuit.admit(now: start + .milliseconds(9999)) == .refused(until: start + .seconds(10)))
        #expect(circuit.admit(now: start + .seconds(10)) == .trial)
        #expect(circuit.admit(now: start + .seconds(10)) == .refused(until: nil))
        #expect(circuit.succeeded(now: start).map { [$0.from, $0.to] } == ["halfOpen", "closed"])
        #expect(circuit.admit(now: start + .seconds(10)) == .admitted)
    }

    @Test("stays open twice as long after each failed trial, up to the limit", arguments: [[10, 20, 30, 30]])
    mutating func doubles(expected: [Int]) {
        fail(3)
        var now = start
        for seconds in expected {
            #expect(circuit.admission(now: now) == .refused(until: now + .seconds(seconds)))
            now = now + .seconds(seconds)
            #expect(circuit.admit(now: now) == .trial)
            #expect(circuit.failed(now: now, jitter: 0).map { [$0.from, $0.to] } == ["halfOpen", "open"])
        }
    }

    @Test("starts over with the short time after it was closed")
    mutating func closesFully() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.failed(now: start + .seconds(10), jitter: 0)
        _ = circuit.admit(now: start + .seconds(30))
        _ = circuit.succeeded(now: start)
        fail(3)
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("a trial without a verdict lets the next message try at once")
    mutating func noVerdict() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        circuit.trialEndedWithoutVerdict(now: start + .seconds(11))
        #expect(circuit.admit(now: start + .seconds(11)) == .trial)
    }

    @Test("successes of sessions that were under way when it opened change nothing either")
    mutating func lateSuccesses() {
        fail(3)
        #expect(circuit.succeeded(now: start) == nil)
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("a trial that succeeds closes it, though another session has failed meanwhile")
    mutating func trialAmongFailures() {
        fail(3)
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.failed(now: start + .seconds(10), jitter: 0)
        #expect(circuit.succeeded(now: start, isTrial: true).map { [$0.from, $0.to] } == ["open", "closed"])
    }

    @Test("failures of sessions that were under way when it opened change nothing")
    mutating func lateFailures() {
        fail(3)
        #expect(circuit.failed(now: start + .seconds(5), jitter: 0) == nil)
        #expect(circuit.admission(now: start) == .refused(until: start + .seconds(10)))
    }

    @Test("jitter varies the time by a tenth at most", arguments: [(-1.0, 9000), (1.0, 11000)])
    mutating func jitter(value: Double, milliseconds: Int) {
        fail(2)
        _ = circuit.failed(now: start, jitter: value)
        #expect(circuit.admission(now: start) == .refused(until: start + .milliseconds(milliseconds)))
    }

    private mutating func fail(_ times: Int) {
        for _ in 0..<times { _ = circuit.failed(now: start, jitter: 0) }
    }
}
