import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Many runs on their own threads, one per processor: the threads of the tests' tasks are for others.
struct Runs {
    struct Failure: Sendable {
        let seed: UInt64
        let problem: String
    }

    struct Report: Sendable {
        var failures: [Failure] = []
        var runs = 0
        var recipients = 0
        var takes = 0
        var duplicates = 0
        var doubts = 0
        var crashes = 0
        var steps = 0
        var virtual = Duration.zero
        /// The same for the same seeds, on every machine.
        var fingerprint: UInt64 = 0

        var summary: String {
            "simulation: \(runs) runs, \(virtual.components.seconds / 3600) virtual hours, \(steps) steps, "
                + "\(crashes) crashes, \(recipients) recipients, \(takes) taken, \(doubts) doubts, "
                + "\(duplicates) taken twice, fingerprint \(String(fingerprint, radix: 16))"
        }

        var text: String {
            let first = failures.sorted { $0.seed < $1.seed }
            let list = first.prefix(20).map { "seed \($0.seed): \($0.problem)" }.joined(separator: "\n")
            guard let worst = first.first else { return list }
            let trace = Runs.trace(of: worst.seed)
            let lines = (trace.prefix(3) + trace.dropFirst(3).suffix(400)).joined(separator: "\n")
            return "\(failures.count) runs failed\n\(list)\n\nrun it alone: POSTHORSE_SEED=\(worst.seed) "
                + "swift test --filter SimulationTests\n\(lines)"
        }
    }

    private final class Shared: Sendable {
        let next = Mutex(0)
        let report = Mutex(Report())
        let left: Mutex<Int>

        init(threads: Int) { left = Mutex(threads) }
    }

    let seeds: [UInt64]

    init(_ seeds: [UInt64]) { self.seeds = seeds }

    func perform() async -> Report {
        let threads = max(1, min(ProcessInfo.processInfo.activeProcessorCount, seeds.count))
        let shared = Shared(threads: threads)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            for _ in 0..<threads {
                let thread = Thread {
                    Self.yieldToOthers()
                    work(shared)
                    let left = shared.left.withLock { left in
                        left -= 1
                        return left
                    }
                    if left == 0 { continuation.resume() }
                }
                thread.stackSize = 8 << 20
                thread.start()
            }
        }
        return shared.report.withLock { $0 }
    }

    /// Tests that depend on real time come first; on Linux priorities are per thread.
    private static func yieldToOthers() {
        #if canImport(Glibc)
        setpriority(Int32(PRIO_PROCESS.rawValue), 0, 15)
        #endif
    }

    private func work(_ shared: Shared) {
        while true {
            let position = shared.next.withLock { next in
                defer { next += 1 }
                return next
            }
            guard position < seeds.count else { return }
            let report = Self.perform(seeds[position])
            shared.report.withLock { $0.add(report) }
        }
    }

    private static func perform(_ seed: UInt64) -> Report {
        let simulation = Simulation(seed: seed)
        let problem = simulation.run()
        var report = Report()
        if let problem { report.failures.append(Failure(seed: seed, problem: problem)) }
        report.runs = 1
        report.recipients = simulation.oracle.messages.reduce(0) { $0 + ($1.isDurable ? $1.recipients.count : 0) }
        report.takes = simulation.oracle.takes
        report.duplicates = simulation.oracle.duplicates
        report.doubts = simulation.oracle.doubts
        report.crashes = simulation.crashes
        report.steps = simulation.timeline.steps
        report.virtual = .nanoseconds(simulation.timeline.now)
        report.fingerprint = simulation.trace.fingerprint
        simulation.finish()
        return report
    }

    static func trace(of seed: UInt64) -> [String] {
        let simulation = Simulation(seed: seed, isTraced: true)
        _ = simulation.run()
        simulation.finish()
        return simulation.trace.lines
    }
}

extension Runs.Report {
    mutating func add(_ other: Runs.Report) {
        failures += other.failures
        runs += other.runs
        recipients += other.recipients
        takes += other.takes
        duplicates += other.duplicates
        doubts += other.doubts
        crashes += other.crashes
        steps += other.steps
        virtual += other.virtual
        fingerprint = fingerprint &+ other.fingerprint &* 0x9E37_79B9_7F4A_7C15
    }
}
