import Foundation
import Mail
import Testing
import Upstreams

@testable import Delivery

/// A relay that crashes at random, and a server that counts what it takes.
@Suite("A simulated upstream with a quota", .timeLimit(.minutes(30)))
struct QuotaRunTests {
    /// A tenth as many as of the random runs, from the same first one.
    private static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["POSTHORSE_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["POSTHORSE_SEEDS"].flatMap { UInt64($0) } ?? 1000
        let first = environment["POSTHORSE_FIRST_SEED"].flatMap { UInt64($0) } ?? 1
        return (0..<max(1, count / 10)).map { first + $0 }
    }()

    @Test("never takes more than that, over crashes and power cuts, and all mail is delivered")
    func neverExceeded() {
        _ = Self.seeds.allSatisfy { Self.isSound($0) }
    }

    /// - Returns: false if something is wrong, which is recorded with all that happened.
    private static func isSound(_ seed: UInt64) -> Bool {
        let simulation = simulation(seed)
        defer { simulation.finish() }
        guard let problem = simulation.run() ?? problem(of: simulation) else { return true }
        Issue.record(
            """
            seed \(seed): \(problem)
            run it alone: POSTHORSE_SEED=\(seed) swift test --filter QuotaRunTests
            """)
        let traced = Self.simulation(seed, isTraced: true)
        defer { traced.finish() }
        _ = traced.run()
        print(traced.trace.lines.joined(separator: "\n"))
        return false
    }

    private static func simulation(_ seed: UInt64, isTraced: Bool = false) -> Simulation {
        let chance = Chance(seed &* 104_729)
        return Simulation(Plan.limited(chance).alternating(seed), chance: chance, isTraced: isTraced)
    }

    /// The first quota of which the server has taken more, in one of its days or in the whole run.
    private static func problem(of simulation: Simulation) -> String? {
        let midnight = Simulation.epoch + Plan.midnight
        let taken = simulation.oracle.messages.flatMap(\.dots).filter { $0.upstream == 0 && $0.isTaken }
        func count(_ isMeant: (Timestamp) -> Bool) -> Int {
            taken.reduce(0) { $0 + (isMeant($1.takenAt ?? midnight) ? $1.recipients.count : 0) }
        }
        for quota in simulation.plan.settings.upstreams[0].quota {
            let counts =
                switch quota.period {
                case .day: [count { $0 < midnight }, count { $0 >= midnight }]
                case .month, .rolling: [count { _ in true }]
                }
            if let most = counts.max(), most > quota.limit { return "\(most) recipients of \(quota.text)" }
        }
        return taken.isEmpty && simulation.crashes == 0 && simulation.upstreams[0].troubledAt == .min
            ? "the first upstream has been given nothing" : nil
    }
}
