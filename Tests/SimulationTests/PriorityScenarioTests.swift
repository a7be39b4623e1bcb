import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("In a simulated delivery at full load", .timeLimit(.minutes(30)))
struct PriorityScenarioTests {
    /// One upstream of four sessions, which thinks for a tenth of a second about each message.
    private func scenario() -> Scenario {
        var scenario = Scenario(upstreams: 1)
        scenario.plan.settings.upstreams[0].maxConnections = 4
        scenario.plan.natures[0].thought = .milliseconds(100)
        scenario.plan.end = .seconds(60)
        return scenario
    }

    private func send(_ count: Int, _ priority: Priority, at: Duration, every: Duration, in scenario: inout Scenario) {
        for number in 0..<count {
            scenario.send(at: at + every * number)
            scenario.plan.submissions[scenario.plan.submissions.count - 1].priority = priority
        }
    }

    private func taken(_ priority: Priority, in simulation: Simulation) -> [Timestamp?] {
        simulation.oracle.messages.filter { $0.accepted.priority == priority }.map { message in
            message.dots.compactMap(\.takenAt).min()
        }
    }

    @Test("a high message goes before the bulk that waits, and nothing is left")
    func highFirst() throws {
        var scenario = scenario()
        send(600, .bulk, at: .seconds(1), every: .milliseconds(1), in: &scenario)
        send(6, .high, at: .seconds(3), every: .seconds(1), in: &scenario)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        for message in simulation.oracle.messages where message.accepted.priority == .high {
            let taken = try #require(message.dots.compactMap(\.takenAt).min())
            #expect(taken - message.receivedAt <= .milliseconds(500))
        }
        let bulk = taken(.bulk, in: simulation)
        #expect(bulk.allSatisfy { $0 != nil })
        let last = try #require(bulk.compactMap { $0 }.max())
        #expect(last - Simulation.epoch > .seconds(9), "the upstream was not at full load")
    }

    @Test("bulk is served while high mail floods the upstream")
    func bulkServed() throws {
        var scenario = scenario()
        send(500, .high, at: .seconds(1), every: .milliseconds(10), in: &scenario)
        send(30, .bulk, at: .seconds(2), every: .milliseconds(10), in: &scenario)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        let lastHigh = try #require(taken(.high, in: simulation).compactMap { $0 }.max())
        let early = taken(.bulk, in: simulation).count { $0.map { $0 < lastHigh } ?? false }
        #expect(early >= 10, "\(early) bulk messages before the last high one")
    }

    @Test("a stream with little is not behind one with much, also after a power cut")
    func streams() throws {
        var scenario = scenario()
        send(600, .normal, at: .seconds(1), every: .milliseconds(1), in: &scenario)
        let first = scenario.plan.submissions.count
        send(6, .normal, at: .seconds(5), every: .seconds(1), in: &scenario)
        for index in scenario.plan.submissions.indices {
            scenario.plan.submissions[index].stream = index < first ? "news" : "shop"
        }
        let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: true, downtime: .milliseconds(500))
        scenario.plan.events.append((.seconds(3), crash))
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        for message in simulation.oracle.messages where message.accepted.routing.stream == "shop" {
            let taken = try #require(message.dots.compactMap(\.takenAt).min())
            #expect(taken - message.receivedAt <= .milliseconds(1500), "\(message.id)")
        }
        let last = try #require(taken(.normal, in: simulation).compactMap { $0 }.max())
        #expect(last - Simulation.epoch > .seconds(12), "the upstream was not at full load")
    }

    @Test("after a power cut high mail is read from disk and goes first, and all of it goes")
    func powerCut() throws {
        var scenario = scenario()
        send(600, .bulk, at: .seconds(1), every: .milliseconds(1), in: &scenario)
        scenario.turn(.refuses, of: 0, at: .seconds(2))
        send(20, .high, at: .seconds(3), every: .milliseconds(10), in: &scenario)
        let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: true, downtime: .milliseconds(500))
        scenario.plan.events.append((.seconds(5), crash))
        scenario.turn(.fine, of: 0, at: .seconds(10))
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        let (high, bulk) = (taken(.high, in: simulation), taken(.bulk, in: simulation))
        #expect((high + bulk).allSatisfy { $0 != nil })
        let lastHigh = try #require(high.compactMap { $0 }.max())
        let later = bulk.count { $0.map { $0 > lastHigh } ?? false }
        #expect(later >= 300, "\(later) bulk messages after the last high one")
    }
}
