import TestKit
import Testing
import Upstreams

@Suite("Circuit: ramp and hysteresis")
struct CircuitRampTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var circuit = Circuit.example {
        $0.rampSteps = [0.1, 0.25, 0.5, 1]
        $0.stepDuration = .seconds(30)
        $0.maxOpenDuration = .seconds(600)
    }

    /// When the ramp began.
    private mutating func ramp() -> MonotonicInstant {
        circuit.failOver(at: start)
        return start + .seconds(10)
    }

    @Test("goes up step by step to all of the traffic")
    mutating func steps() {
        let began = ramp()
        #expect(circuit.state.name == .closed)
        #expect(circuit.share == 0.1)
        var steps: [String] = []
        for second in 1...120 {
            if let transition = circuit.advance(now: began + .seconds(second)) {
                #expect(transition.kind == .share)
                steps.append("\(second): \(transition.summary)")
            }
        }
        #expect(
            steps == [
                "30: closed to closed, 25 %: 30 s at 10 % without trouble",
                "60: closed to closed, 50 %: 30 s at 25 % without trouble",
                "90: closed to closed, 100 %: 30 s at 50 % without trouble",
            ])
        #expect(circuit.nextStepAt == nil)
        #expect(circuit.admission(now: began) == .admitted)
    }

    @Test("reports when the next step is due")
    mutating func nextStep() {
        #expect(circuit.nextStepAt == nil)
        let began = ramp()
        #expect(circuit.nextStepAt == began + .seconds(30))
        _ = circuit.advance(now: began + .seconds(31))
        #expect(circuit.nextStepAt == began + .seconds(61))
    }

    @Test("invalid steps are ignored, and no steps means all at once", arguments: [[], [0, 1], [1.5, -1]])
    func unsound(steps: [Double]) {
        var circuit = Circuit.example { $0.rampSteps = steps }
        circuit.failOver(at: start)
        #expect(circuit.share == 1)
    }

    @Test(
        "admits its share of any number of consecutive messages, give or take one",
        arguments: [0.01, 0.1, 0.25, 1.0 / 3, 0.5, 0.75])
    func exactShare(share: Double) {
        var circuit = Circuit.example { $0.rampSteps = [share] }
        circuit.failOver(at: start)
        let admitted = (0..<3000).map { _ in circuit.admit(now: start + .seconds(10)).admission == .admitted }
        var sums = [0]
        for one in admitted { sums.append(sums[sums.count - 1] + (one ? 1 : 0)) }
        for length in [1, 2, 3, 10, 99, 1000, 3000] {
            let off = (0...(3000 - length)).map { abs(Double(sums[$0 + length] - sums[$0]) - share * Double(length)) }
            #expect(off.max() ?? 2 <= 1.001)
        }
    }

    @Test("asking without sending changes nothing")
    mutating func peeking() {
        let began = ramp()
        for _ in 0..<100 { #expect(circuit.admission(now: began) == .overflow) }
        for _ in 0..<9 { #expect(circuit.admit(now: began).admission == .overflow) }
        for _ in 0..<100 { #expect(circuit.admission(now: began) == .admitted) }
        #expect(circuit.admit(now: began).admission == .admitted)
        #expect(circuit.admission(now: began) == .overflow)
    }

    // MARK: - Failures

    @Test("two consecutive failures reopen it for twice as long")
    mutating func trouble() {
        let began = ramp()
        for _ in 0..<3 {
            #expect(circuit.failed(now: began, jitter: 0) == nil)
            #expect(circuit.succeeded(now: began) == nil)
        }
        #expect(circuit.failed(now: began, jitter: 0) == nil)
        let transition = circuit.failed(now: began, jitter: 0)
        #expect(transition?.summary == "closed to open, 0 %: 2 failures in a row at 10 % of the traffic")
        #expect(transition?.until == began + .seconds(20))
    }

    @Test("a single failure does if the limit is one")
    func limitOfOne() {
        var circuit = Circuit.example {
            $0.consecutiveFailures = 1
            $0.rampSteps = [0.5]
        }
        circuit.failOver(at: start)
        #expect(circuit.failed(now: start + .seconds(10), jitter: 0) != nil)
    }

    @Test("an account fault does at once")
    mutating func accountFault() {
        let began = ramp()
        #expect(circuit.failed(now: began, jitter: 0, .account)?.until == began + .seconds(20))
    }

    @Test("a failure restarts the step")
    mutating func failureDelaysStep() {
        let began = ramp()
        _ = circuit.failed(now: began + .seconds(20), jitter: 0)
        _ = circuit.succeeded(now: began + .seconds(21))
        #expect(circuit.advance(now: began + .seconds(30)) == nil)
        #expect(circuit.advance(now: began + .seconds(50))?.share == 0.25)
    }

    // MARK: - Hysteresis

    @Test("a failure soon after full recovery: twice as long", arguments: [0, 10, 29])
    mutating func relapse(secondsAfterRamp: Int) {
        let whole = climb(from: ramp())
        #expect(circuit.open(at: whole + .seconds(secondsAfterRamp))?.until == whole + .seconds(secondsAfterRamp + 20))
    }

    @Test("a failure after a full ramp step of recovery: starts over")
    mutating func startsOver() {
        let whole = climb(from: ramp())
        #expect(circuit.open(at: whole + .seconds(30))?.until == whole + .seconds(40))
    }

    @Test("a long duration is remembered for as long as it lasted")
    mutating func longMemory() {
        _ = circuit.open(at: start)
        var now = start
        for seconds in [10, 20, 40, 80] {
            now = now + .seconds(seconds)
            _ = circuit.admit(now: now)
            if seconds < 80 { _ = circuit.failed(now: now, jitter: 0) }
        }
        _ = circuit.succeeded(now: now, isTrial: true)
        let whole = climb(from: now)
        var early = circuit
        #expect(early.open(at: whole + .seconds(79))?.until == whole + .seconds(79 + 160))
        #expect(circuit.open(at: whole + .seconds(80))?.until == whole + .seconds(80 + 10))
    }

    /// When the last step was taken.
    private mutating func climb(from now: MonotonicInstant) -> MonotonicInstant {
        var now = now
        while let step = circuit.nextStepAt {
            now = step
            _ = circuit.advance(now: now)
        }
        return now
    }
}
