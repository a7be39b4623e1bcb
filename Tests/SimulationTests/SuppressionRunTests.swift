import Foundation
import Suppression
import Testing

@Suite("Suppressions in a simulated world")
struct SuppressionRunTests {
    private static let seeds: [UInt64] = {
        if let seed = ProcessInfo.processInfo.environment["POSTHORSE_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return Array(1...150)
    }()

    private func simulation(_ seed: UInt64, isTraced: Bool = false) -> Simulation {
        let simulation = Simulation(seed: seed, isTraced: isTraced)
        // With numbers of their own, so that the rest of the run is that of the same seed without suppressions.
        let chance = Chance(seed &* 0x9E37_79B9_7F4A_7C15)
        var settings = SuppressionSettings()
        (settings.hardBounces, settings.softBounces) = (chance.number(0...2), chance.number(0...2))
        simulation.suppress(settings, chance)
        return simulation
    }

    private func problem(of seed: UInt64) -> (String?, SimulatedSuppressions?) {
        let simulation = simulation(seed)
        defer { simulation.finish() }
        return (simulation.run(), simulation.suppressions)
    }

    private func trace(of seed: UInt64) -> String {
        let simulation = simulation(seed, isTraced: true)
        defer { simulation.finish() }
        _ = simulation.run()
        return simulation.trace.lines.suffix(300).joined(separator: "\n")
    }

    @Test(
        "nobody who is suppressed is asked for, and nobody is suppressed who is not unknown", .timeLimit(.minutes(30)))
    func keepsPromises() {
        var (suppressed, automatic) = (0, 0)
        for seed in Self.seeds {
            let (problem, suppressions) = problem(of: seed)
            suppressed += suppressions?.suppressed ?? 0
            automatic += suppressions?.automatic ?? 0
            guard let problem else { continue }
            Issue.record("seed \(seed): \(problem)\n\(trace(of: seed))")
            return
        }
        print("suppressions: \(Self.seeds.count) runs, \(automatic) by bounces, \(suppressed) recipients suppressed")
        // Else the runs show nothing.
        #expect(Self.seeds.count == 1 || suppressed > Self.seeds.count)
        #expect(Self.seeds.count == 1 || automatic > Self.seeds.count / 4)
    }
}
