import Foundation
import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

/// Figures for docs/performance.md; runs only with POSTHORSE_SPOOL_BENCH=1, in a release build.
@Suite(
    "Speed of the spool", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["POSTHORSE_SPOOL_BENCH"] != nil))
struct SpoolBenchmark {
    private func value(_ name: String, _ other: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? other
    }

    private var tuning: SpoolTuning {
        var tuning = SpoolTuning()
        tuning.pageSize = value("PAGE", tuning.pageSize)
        tuning.writerCache = value("CACHE", tuning.writerCache)
        tuning.inlineLimit = value("INLINE", tuning.inlineLimit)
        tuning.checkpointPages = value("CHECKPOINT", tuning.checkpointPages)
        return tuning
    }

    private var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("accept, begin and remove, by messages in flight", arguments: [1, 10, 20, 50, 100])
    func throughput(window: Int) async throws {
        let size = value("SIZE", 4096)
        let count = value("COUNT", 20_000)
        let directory = try TemporaryDirectory()
        var settings = SpoolSettings()
        settings.path = directory.path + "/spool"
        let spool = try SQLiteSpool.open(settings, tuning: tuning, events: { _ in })
        let load = LoadRun(spool: spool, size: size, count: count)
        let cpu = processorTime
        let started = ContinuousClock.now
        await load.run(window: window)
        let took = ContinuousClock.now - started
        let used = processorTime - cpu
        let seconds = Double(took.wholeMilliseconds) / 1000
        print(
            "size \(size) window \(window): \(Int(Double(count) / seconds))/s,",
            "\(String(format: "%.1f", used * 1e6 / Double(count))) µs CPU, longest wait",
            "\(load.longestWait.wholeMilliseconds) ms")
        await spool.close()
    }

    @Test("200,000 waiting messages: time to open and to schedule, memory")
    func backlog() async throws {
        let directory = try TemporaryDirectory()
        var settings = SpoolSettings()
        settings.path = directory.path + "/spool"
        settings.memoryBudget = 0
        var spool = try SQLiteSpool.open(settings, tuning: tuning, events: { _ in })
        let load = LoadRun(spool: spool, size: value("SIZE", 4096), count: value("BACKLOG", 200_000), removes: false)
        await load.run(window: 100)
        print("longest wait while filling: \(load.longestWait.wholeMilliseconds) ms")
        await spool.close()
        let memory = residentMemory
        let started = ContinuousClock.now
        spool = try SQLiteSpool.open(settings, tuning: tuning, events: { _ in })
        let opened = ContinuousClock.now
        let schedule = try await spool.schedule()
        let scheduled = ContinuousClock.now
        print(
            "\(schedule.count) messages: open \((opened - started).wholeMilliseconds) ms,",
            "schedule \((scheduled - opened).wholeMilliseconds) ms, memory +\((residentMemory - memory) >> 10) KiB")
        let ids = schedule.map(\.id)
        for start in stride(from: 0, to: ids.count, by: 200) {
            let part = Array(ids[start..<min(start + 200, ids.count)])
            let results = await withCheckedContinuation { continuation in
                spool.load(part) { continuation.resume(returning: $0) }
            }
            #expect(results.count == part.count)
        }
        let loading = ContinuousClock.now - scheduled
        print("load of all without content: \(loading.wholeMilliseconds) ms")
        await spool.close()
    }

    private var residentMemory: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
    }
}

/// Keeps this many messages in flight: each is accepted, its attempt recorded, and it is removed.
private final class LoadRun: @unchecked Sendable {
    // Safety: after `run` has started the load, only the spool's writer thread accesses the state.

    private let spool: SQLiteSpool
    private let body: ByteBuffer
    private let count: Int
    private let removes: Bool
    private var port = SpoolPort(rawValue: 0)
    private var started = 0
    private var finished = 0
    private var since: [UInt64: ContinuousClock.Instant] = [:]
    private(set) var longestWait = Duration.zero
    private var done: CheckedContinuation<Void, Never>?

    init(spool: SQLiteSpool, size: Int, count: Int, removes: Bool = true) {
        self.spool = spool
        self.count = count
        self.removes = removes
        body = ByteBuffer(bytes: [UInt8](repeating: 0x61, count: size))
    }

    func run(window: Int) async {
        port = spool.openPort(arrivals: true) { self.receive($0) }
        await withCheckedContinuation { continuation in
            done = continuation
            var first: [SpoolOperation] = []
            for _ in 0..<window { first.append(next()) }
            spool.submit(first, from: port)
        }
    }

    private func next() -> SpoolOperation {
        started += 1
        let ticket = UInt64(started)
        since[ticket] = .now
        let id = spool.makeQueueID(at: .wallClock)
        return .accept(.sample(id, body), ticket: ticket)
    }

    private func receive(_ completions: [SpoolCompletion]) {
        var operations: [SpoolOperation] = []
        for completion in completions {
            switch completion {
            case .accepted(let ticket):
                longestWait = max(longestWait, ContinuousClock.now - since.removeValue(forKey: ticket)!)
                if started < count { operations.append(next()) }
            case .arrived(let queued):
                guard removes else {
                    finished += 1
                    continue
                }
                let attempt = OpenAttempt(
                    upstream: "primary", startedAt: Timestamp(milliseconds: 1_700_000_000_000), recipients: [0])
                operations.append(.beginAttempt(queued.message.id, attempt))
            case .attemptRecorded(let id):
                finished += 1
                operations.append(.remove(id))
            case .resubmitted, .refused, .appended, .appendFailed, .attemptNotRecorded, .settled, .notSettled, .changed,
                .notChanged:
                fatalError("\(completion)")
            }
        }
        spool.submit(operations, from: port)
        if finished == count { done?.resume() }
    }
}

extension NewMessage {
    fileprivate static func sample(_ id: QueueID, _ body: ByteBuffer) -> NewMessage {
        NewMessage(
            message: NewMessage.sample(id, []).message, header: ByteBuffer(bytes: NewMessage.header),
            content: .whole(body))
    }
}
