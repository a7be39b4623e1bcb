import Foundation
import Mail
import NIOCore
import Testing

@testable import Delivery

/// Two upstreams that work well, the first of which has one or two habits.
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
        _ = Self.seeds.allSatisfy { Self.isSound($0) }
    }

    /// Habits that are rare among all of them, each alone and beside others.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case sick = "has addresses that do not work"
        case verdict = "refuses long content before its end"
        case dropping = "drops pipelined commands"
        case slow = "is slow to greet"

        var testDescription: String { rawValue }

        fileprivate func includes(_ habits: Habits) -> Bool {
            switch self {
            case .sick: !habits.sick.isEmpty
            case .verdict: habits.contentLimit != nil
            case .dropping: habits.dropsPipelined
            case .slow: habits.greeting > .zero
            }
        }
    }

    @Test("gets all mail as well", arguments: Kind.allCases)
    func keepsItsMail(kind: Kind) {
        _ = Self.seeds.prefix(max(1, Self.seeds.count / 10)).allSatisfy { Self.isSound($0, kind) }
    }

    /// - Returns: false if something is wrong, which is recorded with all that happened.
    private static func isSound(_ seed: UInt64, _ kind: Kind? = nil) -> Bool {
        let simulation = simulation(seed, kind)
        defer { simulation.finish() }
        guard let problem = simulation.run() ?? problem(of: simulation) else { return true }
        Issue.record(
            """
            seed \(seed): \(problem), \(simulation.plan.natures[0].habits)
            run it alone: POSTHORSE_SEED=\(seed) swift test --filter HabitRunTests
            """)
        let traced = Self.simulation(seed, kind, isTraced: true)
        defer { traced.finish() }
        _ = traced.run()
        print(traced.trace.lines.joined(separator: "\n"))
        return false
    }

    private static func simulation(_ seed: UInt64, _ kind: Kind?, isTraced: Bool = false) -> Simulation {
        let chance = Chance(seed &* 7_919)
        let plan = Plan.habitual(chance) { kind?.includes($0) ?? true }
        return Simulation(plan.alternating(seed), chance: chance, isTraced: isTraced)
    }

    private static func problem(of simulation: Simulation) -> String? {
        if let change = simulation.changes.first { return "the circuit of \(change.upstream): \(change.cause)" }
        let strays = strays(of: simulation)
        if strays > 0 { return "\(strays) messages went to the backup" }
        if simulation.oracle.duplicates + simulation.oracle.doubts > 0 { return "there were doubts" }
        let upstream = simulation.upstreams[0]
        let most = mostRefusals(in: simulation)
        if upstream.refusals > most { return "\(upstream.refusals) sessions or messages were refused, not \(most)" }
        let bound = longestWait(in: simulation)
        let slowest =
            zip(simulation.oracle.messages, simulation.delays).map { message, delay in
                isTooLarge(message, for: upstream) ? .zero : delay ?? .seconds(9999)
            }.max() ?? .zero
        return slowest > bound ? "a message took \(slowest.milliseconds) ms, not \(bound.milliseconds)" : nil
    }

    /// Some for each session that it does not want, and when their number grows again; one for each health check beside the
    /// mail, and for each session that follows one it has just ended for the content. A slow greeting takes its place for
    /// longer.
    private static func mostRefusals(in simulation: Simulation) -> Int {
        let (upstream, plan) = (simulation.upstreams[0], simulation.plan)
        let some = (3 * upstream.nature.sessions + 5) * (upstream.nature.habits.greeting > .zero ? 2 : 1)
        let interval = plan.settings.health.interval
        let checks = interval > .zero ? Int(plan.end / interval) : 0
        return some + checks + simulation.oracle.messages.count { isTooLarge($0, for: upstream) }
    }

    private static func isTooLarge(_ message: Oracle.Message, for upstream: SimulatedUpstream) -> Bool {
        message.wire.readableBytes > upstream.nature.habits.contentLimit?.octets ?? .max
    }

    /// How many messages the backup has had without a reason. After many refusals of content it gives a second opinion.
    private static func strays(of simulation: Simulation) -> Int {
        let known = Simulation.epoch + foundOut(in: simulation)
        return simulation.oracle.messages.count { message in
            message.receivedAt > known && !isTooLarge(message, for: simulation.upstreams[0])
                && message.dots.contains { $0.upstream != 0 && $0.isTaken }
        }
    }

    /// When the relay must have found out what it cannot know before. Until then, mail that meets a silence leaves it
    /// within the patience, as docs/failover.md says.
    private static func foundOut(in simulation: Simulation) -> Duration {
        let (upstream, habits) = (simulation.upstreams[0], simulation.plan.natures[0].habits)
        let patience = simulation.plan.settings.upstreams[0].patience + .milliseconds(200)
        var found = Duration.zero
        // A session or a health check has seen that it is slow and well, or which of its addresses is.
        if habits.greeting > .zero || !habits.sick.isEmpty {
            found = .nanoseconds(upstream.openedAt ?? .max) + patience
        }
        // Without health checks, mail finds out that commands are dropped.
        if habits.dropsPipelined, simulation.plan.settings.health.interval == .zero {
            found = max(found, .nanoseconds(upstream.droppedAt ?? 0) + patience)
        }
        return found
    }

    /// One session that takes one message after another, with a new connection for each, and the way to the address that
    /// works.
    private static func longestWait(in simulation: Simulation) -> Duration {
        let (nature, count) = (simulation.upstreams[0].nature, simulation.plan.submissions.count)
        let greetings = nature.habits.greeting * (nature.habits.limitsSessions ? count + 2 : 3)
        return .seconds(2 + 2 * nature.habits.sick.count) + nature.latency * 30 * count + greetings
    }
}
