import Testing
import Upstreams

@testable import Delivery

@Suite("In a simulated delivery, the search for the best number of sessions", .timeLimit(.minutes(30)))
struct ConnectionScenarioTests {
    /// Each final reply takes 100 ms, and the 51st session is refused.
    private static func scenario(upstreams: Int = 1) -> Scenario {
        var scenario = Scenario(upstreams: upstreams)
        scenario.plan.natures[0].latency = .milliseconds(1)
        scenario.plan.natures[0].thought = .milliseconds(100)
        scenario.plan.natures[0].habits.atATime = Habits.Limit(
            count: 50, phase: .banner, reply: Habits.crowded[0], closes: true)
        return scenario
    }

    private static func rate(_ simulation: Simulation, _ upstream: Int, from: Int, to end: Int) -> Int {
        simulation.takers(from: .seconds(from), to: .seconds(end)).count { $0 == upstream } / (end - from)
    }

    @Test("has 450 of 500 possible messages a second after some seconds, few refusals, and no failure")
    func finds() {
        var scenario = Self.scenario()
        scenario.send(from: .seconds(1), to: .seconds(11), every: .microseconds(1500))
        scenario.plan.end = .seconds(12)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(Self.rate(simulation, 0, from: 6, to: 11) >= 450)
        #expect(simulation.upstreams[0].refusals <= 6)
        #expect(simulation.changes.isEmpty)
        #expect(simulation.upstreams[0].connects.count <= 60)
    }

    @Test("opens no more than it needs for mail that comes slowly")
    func slowMail() {
        var scenario = Self.scenario()
        scenario.send(from: .seconds(1), to: .seconds(30), every: .milliseconds(40))
        scenario.plan.end = .seconds(31)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(simulation.upstreams[0].connects.count <= 5)
        #expect(simulation.upstreams[0].refusals == 0)
    }

    @Test("keeps what it has found over an outage, and the ramp allows its share of that")
    func ramp() {
        var scenario = Self.scenario(upstreams: 2)
        scenario.plan.settings.recovery.stepDuration = .seconds(5)
        scenario.plan.settings.circuit.openDuration = .seconds(2)
        scenario.plan.natures[1].latency = .milliseconds(1)
        scenario.turn(.refuses, at: .seconds(8))
        scenario.turn(.fine, at: .seconds(10))
        scenario.send(from: .seconds(1), to: .seconds(40), every: .milliseconds(4))
        scenario.plan.end = .seconds(41)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(Self.rate(simulation, 0, from: 6, to: 8) >= 200)
        let steps = simulation.changes.filter { $0.upstream == "u0" }.map(\.share)
        #expect(steps.contains(0.1) && steps.last == 1, "\(steps)")
        #expect(Self.rate(simulation, 0, from: 35, to: 40) >= 200)
        #expect(simulation.upstreams[0].refusals <= 8)
    }
}
