import Foundation
import Mail
import NIOCore
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

    /// Habits that concern more than sessions, each on its own.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case sick = "has addresses that do not work"
        case verdict = "refuses long content before its end"

        var testDescription: String { rawValue }

        fileprivate func includes(_ habits: Habits) -> Bool {
            let hasLimits = habits.closing != nil || habits.perSession != nil || habits.atATime != nil
            guard !hasLimits, !habits.dropsPipelined, habits.greeting == .zero else { return false }
            return switch self {
            case .sick: !habits.sick.isEmpty && habits.contentLimit == nil
            case .verdict: habits.sick.isEmpty && habits.contentLimit != nil
            }
        }
    }

    @Test("gets all mail as well", arguments: Kind.allCases)
    func keepsItsMail(kind: Kind) {
        for seed in Self.seeds.prefix(max(1, Self.seeds.count / 10)) {
            let chance = Chance(seed &* 7_919)
            let simulation = Simulation(Plan.habitual(chance, where: kind.includes), chance: chance)
            defer { simulation.finish() }
            let problem = simulation.run() ?? Self.problem(of: simulation)
            if let problem { Issue.record("seed \(seed): \(problem), \(simulation.plan.natures[0].habits)") }
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
        let upstream = simulation.upstreams[0]
        // Some for each session that it does not want, and when their number grows again.
        let most = 3 * upstream.nature.sessions + 5
        if upstream.refusals > most { return "\(upstream.refusals) sessions or messages were refused, not \(most)" }
        // One session that takes one message after another, with a new connection for each, and the way to the address
        // that works.
        let count = simulation.plan.submissions.count
        let bound = Duration.seconds(2 + 2 * upstream.nature.habits.sick.count) + upstream.nature.latency * 30 * count
        let slowest =
            zip(simulation.oracle.messages, simulation.delays).map { message, delay in
                let isTooLarge = message.wire.readableBytes > upstream.nature.habits.contentLimit?.octets ?? .max
                return isTooLarge ? .zero : delay ?? .seconds(9999)
            }.max() ?? .zero
        return slowest > bound ? "a message took \(slowest.milliseconds) ms, not \(bound.milliseconds)" : nil
    }
}
