import TestKit
import Testing
import Upstreams

@Suite("Circuit: invariants")
struct CircuitPropertyTests {
    @Test(
        "never two trials at once, never open for too long, always consistent with the state",
        arguments: 0..<100 as Range<UInt64>)
    func always(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var circuit = Circuit.example {
            $0.maxOpenDuration = .seconds(Int.random(in: 10...100, using: &generator))
            $0.rampSteps = [[0.1, 0.25, 0.5, 1], [1], [0.5, 1]].randomElement(using: &generator) ?? [1]
            $0.stepDuration = .seconds(Int.random(in: 1...30, using: &generator))
            $0.latencyThreshold = .seconds(2)
            $0.minRequests = 5
        }
        var world = World(circuit: circuit, now: MonotonicInstant(nanoseconds: 0))
        for _ in 0..<2000 {
            let before = circuit
            let transition = world.step(&circuit, &generator)
            check(circuit, before, transition, world, "seed \(seed)")
        }
    }

    private func check(
        _ circuit: Circuit, _ before: Circuit, _ transition: CircuitTransition?, _ world: World, _ seed: Comment
    ) {
        #expect(world.trials <= 1, seed)
        #expect((circuit.state.name == .closed) == (circuit.share > 0), seed)
        #expect((circuit.nextStepAt != nil) == (circuit.share > 0 && circuit.share < 1), seed)
        if circuit.state.name != .closed { #expect(!circuit.isSuspect, seed) }
        if let until = circuit.trialAt {
            #expect(until - world.now <= circuit.settings.maxOpenDuration * 1.1, seed)
        }
        if let transition {
            #expect(transition.from == before.state.name, seed)
            #expect(transition.to == circuit.state.name, seed)
            #expect(transition.share == circuit.share, seed)
            #expect(transition.until == circuit.trialAt, seed)
            #expect(!transition.cause.isEmpty, seed)
            if transition.from == .closed, transition.to == .open {
                #expect(CircuitReason.opening.contains(transition.reason), seed)
            }
            if transition.from != .closed, transition.to == .closed {
                #expect(CircuitReason.closing.contains(transition.reason), seed)
            }
        } else if before.state.name != circuit.state.name {
            // A trial begins, or ends without a verdict.
            #expect([before.state.name, circuit.state.name].contains(.halfOpen), seed)
        }
    }

    /// Random events around a circuit.
    private struct World {
        var circuit: Circuit
        var now: MonotonicInstant
        /// In progress, by the number of the opening they belong to.
        var trials = 0

        init(circuit: Circuit, now: MonotonicInstant) {
            self.circuit = circuit
            self.now = now
        }

        mutating func step(_ circuit: inout Circuit, _ generator: inout SeededGenerator) -> CircuitTransition? {
            now = now + .milliseconds(Int.random(in: 0...3000, using: &generator))
            let jitter = Double.random(in: -1...1, using: &generator)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...2:
                let (admission, transition) = circuit.admit(now: now)
                if admission == .trial { trials += 1 }
                return transition
            case 3, 4:
                let isTrial = trials > 0 && Bool.random(using: &generator)
                if isTrial { trials -= 1 }
                let took = Duration.milliseconds(Int.random(in: 0...2100, using: &generator))
                return circuit.succeeded(now: now, isTrial: isTrial, took: took, jitter: jitter)
            case 5...7:
                // Whose failure it was is unknown; if it was the trial's, the trial is over.
                if circuit.state.name == .halfOpen { trials = 0 }
                return circuit.failed(now: now, jitter: jitter, Bool.random(using: &generator) ? .account : .transport)
            case 8:
                if circuit.state.name == .halfOpen { trials = 0 }
                _ = circuit.trialEndedWithoutVerdict(now: now)
                return nil
            case 9: return circuit.probeSucceeded(now: now)
            case 10: return circuit.probeFailed(now: now, jitter: jitter)
            default: return circuit.advance(now: now)
            }
        }
    }

    @Test(
        "a flapping primary moves the traffic only a handful of times in ten minutes",
        arguments: 0..<20 as Range<UInt64>, [false, true])
    func flapping(seed: UInt64, probes: Bool) {
        var generator = SeededGenerator(seed: seed)
        var settings = Circuit.Settings(
            consecutiveFailures: 5, openDuration: .seconds(10), maxOpenDuration: .seconds(600))
        settings.stepDuration = .seconds(30)
        let route = Route(name: "default", upstreams: [0, 1])
        var stage = BoardStage(weights: [1, 1], circuit: settings, routes: [route])
        var flap = Flap()
        // Ten minutes with a message every 20 ms; the primary is up for three seconds and down for three.
        for tick in 0..<30_000 {
            let now = MonotonicInstant(nanoseconds: Int64(tick) * 20_000_000)
            let isUp = (tick / 150) % 2 == 0
            flap.note(stage.circuits[0].advance(now: now))
            if probes, tick % 500 == Int.random(in: 0..<20, using: &generator) {
                flap.note(
                    isUp
                        ? stage.circuits[0].probeSucceeded(now: now)
                        : stage.circuits[0].probeFailed(now: now, jitter: 0))
            }
            flap.send(&stage, now: now, isUp: isUp, jitter: Double.random(in: -1...1, using: &generator))
        }
        #expect(flap.openings <= 8, "seed \(seed)")
        #expect(flap.failures <= 30, "seed \(seed)")
        #expect(flap.openings > 0)
    }

    private struct Flap {
        var openings = 0
        var failures = 0

        mutating func note(_ transition: CircuitTransition?) {
            if let transition, transition.to == .open, transition.from != .open { openings += 1 }
        }

        mutating func send(_ stage: inout BoardStage, now: MonotonicInstant, isUp: Bool, jitter: Double) {
            let choice = stage.choose(at: now)
            guard choice == .use(0) || choice == .tryOut(0) else { return }
            if isUp {
                note(stage.circuits[0].succeeded(now: now, isTrial: choice == .tryOut(0)))
            } else {
                failures += 1
                note(stage.circuits[0].failed(now: now, jitter: jitter))
            }
        }
    }
}
