import Testing

@testable import Upstreams

@Suite("The circuit of a new upstream")
struct CircuitNewcomerTests {
    private let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private func circuit(_ steps: [Double] = [0.1, 0.5, 1]) -> Circuit {
        var settings = Circuit.Settings(
            consecutiveFailures: 5, openDuration: .seconds(10), maxOpenDuration: .seconds(60))
        (settings.rampSteps, settings.stepDuration) = (steps, .seconds(30))
        return Circuit(settings: settings)
    }

    @Test("begins with a part of its traffic, and goes up when mail shows that it works")
    func climbs() {
        var circuit = circuit()
        let transition = circuit.beginAsNew(now: start)
        #expect(transition?.share == 0.1 && transition?.cause == "a new upstream" && transition?.kind == .share)
        #expect(circuit.share == 0.1 && circuit.isNew)
        #expect(circuit.succeeded(now: start + .seconds(5)) == nil)
        #expect(circuit.advance(now: start + .seconds(29)) == nil)
        #expect(circuit.advance(now: start + .seconds(30))?.share == 0.5)
        #expect(circuit.succeeded(now: start + .seconds(40)) == nil)
        #expect(circuit.advance(now: start + .seconds(60))?.share == 1)
        circuit.becameKnown()
        #expect(!circuit.isNew && circuit.nextStepAt == nil)
    }

    @Test("stays at its step for as long as nothing is delivered")
    func idle() {
        var circuit = circuit()
        _ = circuit.beginAsNew(now: start)
        for minute in 1...5 {
            #expect(circuit.advance(now: start + .seconds(minute * 60)) == nil)
            #expect(circuit.share == 0.1)
        }
        #expect(circuit.succeeded(now: start + .seconds(310)) == nil)
        #expect(circuit.advance(now: start + .seconds(331))?.share == 0.5)
    }

    @Test("stops with two failures in a row, and begins anew with the first step")
    func stops() {
        var circuit = circuit()
        _ = circuit.beginAsNew(now: start)
        #expect(circuit.succeeded(now: start + .seconds(1)) == nil)
        #expect(circuit.advance(now: start + .seconds(30))?.share == 0.5)
        #expect(circuit.failed(now: start + .seconds(31), jitter: 0) == nil)
        #expect(circuit.failed(now: start + .seconds(32), jitter: 0)?.to == .open)
        #expect(circuit.admit(now: start + .seconds(50)).admission == .trial)
        #expect(circuit.succeeded(now: start + .seconds(51), isTrial: true)?.share == 0.1)
        #expect(circuit.isNew)
    }

    @Test("has all its traffic at once where there are no steps, or by hand")
    func without() {
        var none = circuit([1])
        #expect(none.beginAsNew(now: start) == nil)
        #expect(none.share == 1 && !none.isNew)
        var reset = circuit()
        _ = reset.beginAsNew(now: start)
        #expect(reset.reset(now: start + .seconds(1))?.share == 1)
        #expect(!reset.isNew)
    }
}
