import Foundation
import Mail
import Testing
import Upstreams

@testable import Delivery

@Suite("Tokens in a simulated world", .timeLimit(.minutes(30)))
struct TokenRunTests {
    private static let seeds: [UInt64] = {
        if let seed = ProcessInfo.processInfo.environment["POSTHORSE_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return Array(1...100)
    }()

    @Test("without one mail goes elsewhere within a second or so, and comes back by itself")
    func silence() {
        var scenario = Scenario()
        scenario.plan.giveTokens()
        scenario.send(from: .seconds(1), to: .seconds(110), every: .milliseconds(500))
        scenario.plan.events.append((.seconds(5), .tokens(.turn(.silent))))
        // The session that has been open since the token was good.
        scenario.plan.events.append((.milliseconds(40_200), .restart(upstream: 0, forgets: false)))
        scenario.plan.events.append((.seconds(60), .tokens(.turn(.fine))))
        scenario.plan.end = .seconds(120)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(Set(simulation.takers(to: .seconds(35))) == [0])
        #expect(Set(simulation.takers(from: .seconds(43), to: .seconds(60))) == [1])
        #expect(simulation.takers(from: .seconds(85)).contains(0))
        let slowest = simulation.delays.map { $0 ?? .seconds(999) }.max() ?? .zero
        #expect(slowest < .milliseconds(1500), "\(slowest)")
    }

    @Test("tokens that somebody revokes cost no mail, and are replaced without a failover")
    func revoked() {
        var scenario = Scenario()
        scenario.plan.giveTokens()
        // It ends before the second token is renewed.
        scenario.send(from: .seconds(1), to: .seconds(18), every: .milliseconds(500))
        scenario.plan.events.append((.seconds(10), .tokens(.revoke)))
        scenario.plan.events.append((.milliseconds(10_100), .restart(upstream: 0, forgets: false)))
        scenario.plan.end = .seconds(20)
        let simulation = scenario.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(Set(simulation.takers(from: .seconds(12))) == [0])
        #expect(simulation.tokens?.given == 2)
    }

    private func simulation(_ seed: UInt64, isTraced: Bool = false) -> Simulation {
        let chance = Chance(seed)
        var plan = Plan(chance)
        plan.giveTokens()
        // With numbers of their own, so that the rest of the run is much like that of the same seed without them.
        plan.troubleTokens(Chance(seed &* 0x9E37_79B9_7F4A_7C15))
        return Simulation(plan.alternating(seed), chance: chance, isTraced: isTraced)
    }

    @Test("every promise holds, no token is told or used beyond its end, and nothing waits for one")
    func keepsPromises() {
        var (given, failed) = (0, 0)
        for seed in Self.seeds {
            let simulation = simulation(seed)
            defer { simulation.finish() }
            let problem = simulation.run()
            given += simulation.tokens?.given ?? 0
            failed += simulation.tokens?.failed ?? 0
            guard let problem else { continue }
            Issue.record("seed \(seed): \(problem)\nrun it alone: POSTHORSE_SEED=\(seed)")
            let traced = self.simulation(seed, isTraced: true)
            defer { traced.finish() }
            _ = traced.run()
            print(traced.trace.lines.suffix(400).joined(separator: "\n"))
            return
        }
        let least = Self.seeds.count
        #expect(Self.seeds.count == 1 || given > least && failed > least, "the runs show nothing")
    }
}
