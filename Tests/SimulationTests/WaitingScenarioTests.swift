import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("In a simulated delivery, mail that waits", .timeLimit(.minutes(30)))
struct WaitingScenarioTests {
    @Test("goes to the upstream that an operator has moved it to, at once and nowhere else")
    func moved() {
        var scenario = Scenario()
        scenario.plan.settings.retry.initial = .seconds(1800)
        for index in 0..<2 {
            scenario.turn(.broken(.rcpt, .reply("450 4.2.0 later")), of: index, at: .zero)
            scenario.turn(.fine, of: index, at: .seconds(20))
        }
        scenario.send(from: .seconds(1), to: .seconds(11), every: .seconds(1))
        scenario.order(.move(to: "u1"), at: .seconds(30))
        scenario.plan.end = .seconds(40)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        // In trouble, a server sometimes knows a recipient no more.
        let waiting = simulation.oracle.messages.filter(\.condemned.isEmpty)
        #expect(waiting.count > 5)
        for message in waiting {
            #expect(message.dots.map(\.upstream) == [1])
            let taken = message.dots.first?.takenAt.map { $0 - Simulation.epoch } ?? .zero
            #expect((.seconds(30)...(.seconds(31))).contains(taken), "\(taken)")
        }
    }

    /// Fresh mail is committed with its attempt open; what stands behind a full line must not keep it.
    @Test("behind a full line is in no doubt after a power cut, and goes once", arguments: [false, true])
    func parked(isCut: Bool) {
        var scenario = Scenario()
        var route = RouteSettings(name: "own")
        route.match = Route.Match(recipient: "*.d0.test")
        route.upstreams = ["u1"]
        scenario.plan.settings.routes = [route]
        scenario.turn(.refuses, of: 1, at: .zero)
        scenario.send(from: .seconds(1), to: .seconds(5), every: .milliseconds(20))
        if isCut {
            let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: true, downtime: .milliseconds(500))
            scenario.plan.events.append((.seconds(10), crash))
        }
        scenario.turn(.fine, of: 1, at: .seconds(30))
        scenario.plan.end = .seconds(40)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        // A line holds a quarter of what is in memory.
        let doubted = simulation.oracle.messages.count { message in
            message.dots.contains { $0.doubtSince != nil }
        }
        #expect(isCut ? doubted <= DeliveryQueue.windowSize / 4 : doubted == 0, "\(doubted) in doubt")
        #expect(simulation.takers() == Array(repeating: 1, count: 200))
    }

    /// Found by seed 4232: it left the upstream for the order, and its attempt stayed open.
    @Test("for an order that cannot be recorded has no attempt open, and is in no doubt after a power cut")
    func unrecorded() {
        var scenario = Scenario()
        scenario.turn(.broken(.banner, .hang), at: .zero)
        scenario.send(at: .seconds(1))
        scenario.plan.events.append((.milliseconds(1050), .disk(.none)))
        scenario.order(.hold, at: .milliseconds(1100))
        scenario.plan.events.append((.seconds(3), .disk(.plenty)))
        let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: true, downtime: .milliseconds(500))
        scenario.plan.events.append((.milliseconds(5500), crash))
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(simulation.oracle.messages[0].dots.count == 1)
        #expect(simulation.oracle.messages[0].isGone)
    }

    @Test("for want of an upstream is tried as soon as another message shows that one works")
    func stranded() {
        var scenario = Scenario()
        scenario.plan.settings.retry.initial = .seconds(1800)
        // The circuits stay closed, so that it is not their trial that releases it.
        scenario.plan.settings.circuit.consecutiveFailures = 5
        for index in 0..<2 {
            scenario.turn(.refuses, of: index, at: .zero)
            scenario.turn(.fine, of: index, at: .seconds(10))
        }
        scenario.send(from: .seconds(1), to: .seconds(4), every: .seconds(1))
        scenario.send(at: .seconds(20))
        scenario.plan.end = .seconds(30)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(simulation.changes.isEmpty)
        expectTaken(.seconds(20)...(.seconds(21)), simulation)
    }

    @Test("for want of an upstream is tried as soon as a health check finds one slow to greet and well")
    func strandedBeforeCheck() {
        var scenario = Scenario()
        scenario.plan.settings.retry.initial = .seconds(1800)
        scenario.plan.settings.health.interval = .seconds(10)
        scenario.plan.settings.health.timeout = .seconds(6)
        scenario.plan.settings.upstreams[0].connectTimeout = .seconds(6)
        scenario.plan.natures[0].habits.greeting = .seconds(3)
        scenario.turn(.refuses, of: 1, at: .zero)
        scenario.send(at: .milliseconds(100))
        scenario.plan.end = .seconds(20)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        expectTaken(.seconds(3)...(.seconds(7)), simulation)
    }

    /// When all of the mail was taken, from the start of the run.
    private func expectTaken(_ period: ClosedRange<Duration>, _ simulation: Simulation) {
        for message in simulation.oracle.messages {
            let taken = message.dots.first?.takenAt.map { $0 - Simulation.epoch } ?? .zero
            #expect(period.contains(taken), "\(taken)")
        }
    }
}
