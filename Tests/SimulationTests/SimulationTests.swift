import Foundation
import Testing

@Suite("Delivery in a simulated world")
struct SimulationTests {
    /// One seed if the environment names it, else this many of them.
    private static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["POSTHORSE_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["POSTHORSE_SEEDS"].flatMap { UInt64($0) } ?? 1000
        let first = environment["POSTHORSE_FIRST_SEED"].flatMap { UInt64($0) } ?? 1
        return Array(first..<first + count)
    }()

    @Test("keeps its promises whatever happens", .timeLimit(.minutes(30)))
    func keepsPromises() async {
        let report = await Runs(Self.seeds).perform()
        print(report.summary)
        #expect(report.failures.isEmpty, "\(report.text)")
    }

    @Test("is the same each time for the same seed", arguments: [3, 21, 60, 478] as [UInt64])
    func repeats(seed: UInt64) {
        let (first, second) = (Runs.trace(of: seed), Runs.trace(of: seed))
        #expect(first.count > 20)
        #expect(first == second)
    }
}
