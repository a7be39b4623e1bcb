import Testing
import Upstreams

@Suite("Circuit: rate and latency")
struct CircuitWindowTests {
    let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    var circuit = Circuit.example {
        $0.consecutiveFailures = 1000
        $0.failureRate = 0.5
        $0.minRequests = 20
        $0.window = .seconds(30)
        $0.latencyThreshold = .seconds(5)
    }

    @Test("opens when half of enough attempts fail")
    mutating func rate() {
        for _ in 0..<9 {
            #expect(circuit.failed(now: start, jitter: 0) == nil)
            #expect(circuit.succeeded(now: start) == nil)
        }
        #expect(circuit.succeeded(now: start) == nil)
        #expect(circuit.failed(now: start, jitter: 0)?.cause == "10 of 20 attempts failed in 30 s")
        #expect(circuit.state.name == .open)
    }

    @Test("stays closed below that, however long")
    mutating func below() {
        for second in 0..<1000 {
            let now = start + .milliseconds(second * 100)
            _ = circuit.succeeded(now: now)
            _ = circuit.succeeded(now: now)
            #expect(circuit.failed(now: now, jitter: 0) == nil)
        }
    }

    @Test("never opens at a rate above 1")
    mutating func never() {
        circuit = .example {
            $0.consecutiveFailures = 1000
            $0.failureRate = 2
        }
        for _ in 0..<999 { #expect(circuit.failed(now: start, jitter: 0) == nil) }
    }

    @Test("ignores results older than the window")
    mutating func old() {
        for _ in 0..<19 { _ = circuit.failed(now: start, jitter: 0) }
        let later = start + .seconds(31)
        #expect(circuit.failed(now: later, jitter: 0) == nil)
        for _ in 0..<18 { #expect(circuit.failed(now: later + .seconds(1), jitter: 0) == nil) }
        #expect(circuit.failed(now: later + .seconds(2), jitter: 0)?.cause == "20 of 20 attempts failed in 30 s")
    }

    @Test("counts results younger than nine tenths of the window")
    mutating func young() {
        for _ in 0..<19 { _ = circuit.failed(now: start, jitter: 0) }
        #expect(circuit.failed(now: start + .seconds(27), jitter: 0) != nil)
    }

    @Test("opens if more than a twentieth exceed the threshold, but not at exactly a twentieth")
    mutating func latency() {
        for _ in 0..<38 { #expect(succeed(.seconds(1)) == nil) }
        #expect(succeed(.seconds(6)) == nil)
        #expect(succeed(.seconds(6)) == nil)
        #expect(succeed(.seconds(5)) == nil)
        #expect(succeed(.seconds(6))?.cause == "3 of 42 attempts in 30 s took longer than 5 s")
        #expect(circuit.state.name == .open)
    }

    @Test("slowness needs enough attempts, not counting those without a time")
    mutating func fewSlow() {
        for _ in 0..<100 { _ = circuit.succeeded(now: start) }
        for _ in 0..<19 { #expect(succeed(.seconds(60)) == nil) }
        #expect(succeed(.seconds(60)) != nil)
    }

    @Test("a trial that is too slow has failed")
    mutating func slowTrial() {
        _ = circuit.trip(now: start, for: nil)
        _ = circuit.admit(now: start + .seconds(10))
        let transition = circuit.succeeded(
            now: start + .seconds(17), isTrial: true, took: .seconds(7), jitter: 0)
        #expect(transition?.summary == "halfOpen to open, 0 %: trial took 7 s, longer than 5 s")
        #expect(transition?.until == start + .seconds(37))
    }

    @Test("results before an opening do not count after it")
    mutating func forgets() {
        for _ in 0..<20 { _ = circuit.failed(now: start, jitter: 0) }
        _ = circuit.admit(now: start + .seconds(10))
        _ = circuit.succeeded(now: start + .seconds(10), isTrial: true)
        #expect(circuit.failed(now: start + .seconds(11), jitter: 0) == nil)
    }

    private mutating func succeed(_ took: Duration) -> CircuitTransition? {
        circuit.succeeded(now: start, took: took)
    }
}
