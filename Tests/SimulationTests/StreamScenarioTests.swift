import Mail
import Spool
import Testing

@testable import Delivery

@Suite("In a simulated delivery, streams", .timeLimit(.minutes(30)))
struct StreamScenarioTests {
    /// Messages of this stream.
    private func messages(of stream: String, _ simulation: Simulation) -> [Oracle.Message] {
        simulation.oracle.messages.filter { $0.accepted.routing.stream == stream }
    }

    private func taken(_ message: Oracle.Message) -> Duration? {
        message.dots.compactMap(\.takenAt).min().map { $0 - Simulation.epoch }
    }

    /// Nothing of a paused stream is taken while it is, each of its messages is taken once when it goes on, and nobody else
    /// waits.
    private func check(_ simulation: Simulation, paused: ClosedRange<Duration>, others: Duration) {
        #expect(simulation.run() == nil)
        for message in messages(of: "news", simulation) {
            #expect(message.dots.count == 1)
            guard let taken = taken(message) else {
                Issue.record("\(message.id) is not taken")
                continue
            }
            #expect(!paused.contains(taken), "taken at \(taken)")
            if taken > paused.upperBound { #expect(taken < paused.upperBound + .seconds(5), "taken at \(taken)") }
        }
        for message in messages(of: "shop", simulation) {
            let delay = message.dots.compactMap(\.takenAt).min().map { $0 - message.receivedAt }
            #expect(delay.map { $0 < others } ?? false, "\(message.id) waits for \(delay as Any)")
        }
        #expect(simulation.disk.messages.isEmpty)
    }

    @Test("that are paused hand nothing over, go on as a whole when they are resumed, and delay no other")
    func pause() {
        var scenario = Scenario()
        scenario.send("news", and: "shop", from: .seconds(1), to: .seconds(25), every: .milliseconds(20))
        scenario.pause("news", from: .seconds(5), to: .seconds(20))
        scenario.plan.end = .seconds(40)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        check(simulation, paused: .seconds(6)...(.seconds(20)), others: .seconds(1))
        #expect(messages(of: "news", simulation).count == 600 && messages(of: "shop", simulation).count == 600)
    }

    @Test("stay paused when the relay is killed, or the power is cut", arguments: [false, true])
    func crash(isCut: Bool) {
        var scenario = Scenario()
        scenario.send("news", and: "shop", from: .seconds(1), to: .seconds(25), every: .milliseconds(20))
        scenario.pause("news", from: .seconds(5), to: .seconds(20))
        let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: isCut, downtime: .milliseconds(500))
        scenario.plan.events.append((.seconds(10), crash))
        scenario.plan.end = .seconds(40)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(simulation.crashes == 1)
        for message in messages(of: "news", simulation) {
            guard let taken = taken(message) else { continue }
            #expect(!(Duration.seconds(6)...(.seconds(20))).contains(taken), "taken at \(taken)")
        }
        #expect(simulation.disk.messages.isEmpty)
    }

    @Test(
        "that are new get all of their mail through, whatever happens to it on the way",
        arguments: [nil, false, true] as [Bool?])
    func canary(isCut: Bool?) {
        var scenario = Scenario()
        var rule = StreamSettings(name: "news")
        (rule.canary, rule.minMessages) = ([10, 50], 20)
        scenario.plan.settings.streams = [rule]
        scenario.send("news", and: "shop", from: .seconds(1), to: .seconds(5), every: .milliseconds(20))
        for index in 0..<2 {
            scenario.turn(.broken(.mail, .reply("451 4.3.0 later")), of: index, at: .milliseconds(1200))
            scenario.turn(.fine, of: index, at: .seconds(20))
        }
        if let isCut {
            let crash = Plan.Event.crash(afterSteps: 0, isPowerCut: isCut, downtime: .milliseconds(500))
            scenario.plan.events.append((.seconds(3), crash))
        }
        scenario.plan.end = .seconds(30)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(messages(of: "news", simulation).count == 100 && simulation.disk.messages.isEmpty)
    }

    @Test("that are paused while an upstream fails wait for both")
    func failing() {
        var scenario = Scenario()
        scenario.turn(.broken(.mail, .reply("451 4.3.0 later")), at: .zero)
        scenario.turn(.broken(.mail, .reply("451 4.3.0 later")), of: 1, at: .zero)
        scenario.send("news", and: "shop", from: .seconds(1), to: .seconds(4), every: .milliseconds(100))
        scenario.pause("news", from: .seconds(5), to: .seconds(120))
        for index in 0..<2 { scenario.turn(.fine, of: index, at: .seconds(10)) }
        scenario.plan.end = .seconds(150)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        for message in messages(of: "news", simulation) {
            #expect(taken(message).map { $0 >= .seconds(120) } ?? false)
        }
        for message in messages(of: "shop", simulation) {
            #expect(taken(message).map { $0 < .seconds(120) } ?? false)
        }
    }
}
