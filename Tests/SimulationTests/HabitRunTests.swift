import Foundation
import Mail
import Testing

@testable import Delivery

/// Two upstreams that work well, where the first ends, limits or refuses sessions, or words its replies oddly.
@Suite("A simulated upstream with habits", .timeLimit(.minutes(30)))
struct HabitRunTests {
    /// A quarter as many as of the random runs, from the same first one.
    private static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["POSTHORSE_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["POSTHORSE_SEEDS"].flatMap { UInt64($0) } ?? 1000
        let first = environment["POSTHORSE_FIRST_SEED"].flatMap { UInt64($0) } ?? 1
        return (0..<max(1, count / 4)).map { first + $0 }
    }()

    @Test("gets all mail at once, each message once, and nothing is held against it")
    func keepsItsMail() {
        for seed in Self.seeds {
            let chance = Chance(seed &* 7_919)
            let simulation = Simulation(Plan.habitual(chance), chance: chance)
            defer { simulation.finish() }
            let problem = simulation.run() ?? Self.problem(of: simulation)
            if let problem {
                Issue.record(
                    """
                    seed \(seed): \(problem), \(simulation.plan.natures[0].habits)
                    run it alone: POSTHORSE_SEED=\(seed) swift test --filter HabitRunTests
                    """)
                return print(Self.trace(of: seed).joined(separator: "\n"))
            }
        }
    }

    private static func trace(of seed: UInt64) -> [String] {
        let chance = Chance(seed &* 7_919)
        let simulation = Simulation(Plan.habitual(chance), chance: chance, isTraced: true)
        defer { simulation.finish() }
        _ = simulation.run()
        return simulation.trace.lines
    }

    private static func problem(of simulation: Simulation) -> String? {
        if let change = simulation.changes.first { return "the circuit of \(change.upstream): \(change.cause)" }
        let strays = simulation.takers().count { $0 != 0 }
        if strays > 0 { return "\(strays) messages went to the backup" }
        if simulation.oracle.duplicates + simulation.oracle.doubts > 0 { return "there were doubts" }
        // One session that takes one message after another, with a new connection for each.
        let latency = simulation.plan.natures[0].latency
        let bound = Duration.seconds(2) + latency * 30 * simulation.plan.submissions.count
        let slowest = simulation.delays.map { $0 ?? .seconds(9999) }.max() ?? .zero
        return slowest > bound ? "a message took \(slowest.milliseconds) ms, not \(bound.milliseconds)" : nil
    }
}
