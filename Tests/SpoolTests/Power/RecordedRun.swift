import Foundation
import Mail
import NIOCore
import Synchronization
import TestKit

@testable import Spool

/// A real spool whose disk is recorded, and a user who has it do a little of everything, in a random order.
final class RecordedRun {
    let directory: TemporaryDirectory
    let log = DiskLog()
    var path: String { directory.path + "/spool" }
    private let spool: SQLiteSpool
    private let port: SpoolPort
    private var answers: AsyncStream<Void>.Iterator
    private let asked: Questions
    private var random: SeededGenerator
    private var waiting: [NewMessageFacts] = []
    private var states: [QueueID: [String]] = [:]

    /// What is asked and not answered yet.
    private final class Questions: Sendable {
        private let state = Mutex<(next: UInt64, facts: [UInt64: DiskLog.Fact], attempts: [QueueID: DiskLog.Fact])>(
            (0, [:], [:]))

        func ask(_ fact: DiskLog.Fact) -> UInt64 {
            state.withLock { state in
                state.next += 1
                state.facts[state.next] = fact
                return state.next
            }
        }

        func askAttempt(_ id: QueueID, _ fact: DiskLog.Fact) {
            state.withLock { $0.attempts[id] = fact }
        }

        func answer(_ completion: SpoolCompletion) -> DiskLog.Fact? {
            state.withLock { state in
                switch completion {
                case .accepted(let ticket), .settled(let ticket): state.facts.removeValue(forKey: ticket)
                case .attemptRecorded(let id): state.attempts.removeValue(forKey: id)
                case .resubmitted, .refused, .appended, .appendFailed, .attemptNotRecorded, .notSettled, .changed,
                    .notChanged, .arrived:
                    nil
                }
            }
        }
    }

    init(seed: UInt64) throws {
        directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        random = SeededGenerator(seed: seed)
        RecordingVFS.record(directory.path + "/spool", in: log)
        spool = try SQLiteSpool.open(
            Self.settings(path: directory.path + "/spool"), tuning: Self.tuning(recording: true),
            files: RecordingFileLayer(log: log), clock: { Timestamp(milliseconds: 5_000_000) }, events: { _ in })
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let asked = Questions()
        self.asked = asked
        port = spool.openPort(arrivals: true) { [log] completions in
            for completion in completions {
                guard let fact = asked.answer(completion) else { continue }
                log.mark(.answered(fact))
                continuation.yield()
            }
        }
        answers = stream.makeAsyncIterator()
    }

    static func settings(path: String) -> SpoolSettings {
        var settings = SpoolSettings()
        settings.path = path
        settings.minFreeSpace = 0
        return settings
    }

    /// Sizes so small that segments fill, are compacted and used again, and the log starts over.
    static func tuning(recording: Bool) -> SpoolTuning {
        var tuning = SpoolTuning.quick
        tuning.inlineLimit = 300
        tuning.segmentSize = 6000
        tuning.spareSegments = 1
        tuning.pageSize = 1024
        tuning.checkpointPages = 40
        tuning.maxReserve = 0
        tuning.maintenanceInterval = .seconds(3600)
        if recording { tuning.vfs = RecordingVFS.name }
        return tuning
    }

    /// Does this number of things, and closes the spool.
    ///
    /// - Returns: the record from before the end in order.
    func record(steps: Int) async -> [DiskLog.Entry] {
        for step in 0..<steps {
            spool.expectAttempts(through: step % 20 < 8 ? "ses" : nil)
            if waiting.count < 5 || Int.random(in: 0..<3, using: &random) == 0 {
                let size = [20, 200, 900, 2500].randomElement(using: &random)!
                await accept(size, opensAttempt: step % 20 < 8)
            } else {
                await deliver(waiting.remove(at: Int.random(in: waiting.indices, using: &random)))
            }
            if step % 9 == 8 { spool.requestMaintenance() }
            if step % 25 == 24 { spool.requestMaintenance(checkpoint: true) }
        }
        // At the end one attempt is before its dot, and one after it.
        await begin(waiting[0])
        await begin(waiting[1])
        sendDot(waiting[1].id)
        return await end()
    }

    /// Has old messages keep segments alive until they are compacted, and the segments used again; closes the spool.
    func recordCompaction() async -> [DiskLog.Entry] {
        for _ in 0..<24 { await accept(1000) }
        for facts in waiting.enumerated().filter({ $0.offset % 6 != 0 }).map(\.element) {
            let removal = DiskLog.Fact.removal(facts.id)
            submit(.remove(facts.id, ticket: asked.ask(removal)), removal)
            await answers.next()
        }
        while spool.segmentUse.count > 2 {
            spool.requestMaintenance()
            await Task.yield()
        }
        for _ in 0..<12 { await accept(1000) }
        return await end()
    }

    private func end() async -> [DiskLog.Entry] {
        let entries = log.entries
        await spool.close()
        return entries
    }

    private func submit(_ operation: SpoolOperation, _ fact: DiskLog.Fact) {
        log.mark(.submitted(fact))
        spool.submit([operation], from: port)
    }

    private func accept(_ size: Int, opensAttempt: Bool = false) async {
        let content = [UInt8].content(size, seed: UInt8.random(in: 0...255, using: &random))
        let recipients = (0..<Int.random(in: 1...3, using: &random)).map { "r\($0)@example.net" }
        let new = NewMessage.sample(
            spool.makeQueueID(at: Timestamp(milliseconds: 1)), content, recipients: recipients.map { .sample($0) })
        let facts = NewMessageFacts(
            id: new.message.id, content: NewMessage.header + content, recipients: recipients, opensAttempt: opensAttempt
        )
        waiting.append(facts)
        states[facts.id] = recipients.map { _ in "queued" }
        submit(.accept(new, ticket: asked.ask(.message(facts))), .message(facts))
        await answers.next()
    }

    /// Some attempts are left running, before or after their dot.
    private func deliver(_ facts: NewMessageFacts) async {
        await begin(facts)
        guard Int.random(in: 0..<10, using: &random) > 0 else { return }
        sendDot(facts.id)
        guard Int.random(in: 0..<10, using: &random) > 0 else { return }
        if Bool.random(using: &random) { await remove(facts.id) } else { await settle(facts) }
    }

    /// Recipients that no upstream has taken.
    private func open(_ facts: NewMessageFacts) -> [Int] {
        facts.recipients.indices.filter { states[facts.id]![$0] != "delivered" }
    }

    private func begin(_ facts: NewMessageFacts) async {
        let (id, open) = (facts.id, open(facts))
        // It may have been committed with this attempt.
        guard !facts.opensAttempt || states[id]!.contains("deferred") else { return }
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 4_000_000), recipients: open)
        asked.askAttempt(id, .attempt(id, open))
        submit(.beginAttempt(id, attempt), .attempt(id, open))
        await answers.next()
    }

    private func sendDot(_ id: QueueID) {
        log.mark(.dotting(id))
        spool.noteFinalDot(of: id)
        log.mark(.dotted(id))
    }

    private func remove(_ id: QueueID) async {
        let isAnswered = Bool.random(using: &random)
        submit(.remove(id, ticket: isAnswered ? asked.ask(.removal(id)) : nil), .removal(id))
        if isAnswered { await answers.next() }
    }

    /// The first of them is delivered, the rest deferred.
    private func settle(_ facts: NewMessageFacts) async {
        let open = open(facts)
        for index in open { states[facts.id]![index] = index == open[0] && open.count > 1 ? "delivered" : "deferred" }
        let recipients = zip(facts.recipients, states[facts.id]!).map {
            Recipient.sample($0, state: Recipient.State(rawValue: $1)!)
        }
        let settlement = Settlement(
            id: facts.id, recipients: recipients, cycles: 1,
            attempt: AttemptRecord(
                upstream: "ses", startedAt: Timestamp(milliseconds: 1), endedAt: Timestamp(milliseconds: 2),
                recipients: open, outcome: .deferred, phase: "dot", reply: "451 4.3.0 later", dotSent: true))
        let fact = DiskLog.Fact.outcome(facts.id, states[facts.id]!)
        let isAnswered = Bool.random(using: &random)
        submit(.settle(settlement, ticket: isAnswered ? asked.ask(fact) : nil), fact)
        guard isAnswered else { return }
        await answers.next()
        waiting.append(facts)
    }
}
