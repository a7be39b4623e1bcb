import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

/// SplitMix64: small, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

@Suite("A spool compared with a dictionary", .bothSpools, .timeLimit(.minutes(10)))
struct SpoolModelTests {
    private struct Stored {
        var message: SpooledMessage
        var content: [UInt8]
        var attempts: [AttemptRecord] = []
    }

    @Test("agrees with it after any sequence of operations", arguments: seeds)
    func agrees(seed: UInt64) async throws {
        print("spool model seed \(seed)")
        var run = Run(seed: seed)
        try await run.perform(steps: 250)
    }

    private static var seeds: [UInt64] {
        [1, 2, 3, 4] + (0..<2).map { _ in UInt64.random(in: 5...UInt64.max) }
    }

    private struct Run {
        var random: SeededGenerator
        var model: [QueueID: Stored] = [:]
        var dotted: Set<QueueID> = []
        var streams: [ContentStream: [UInt8]] = [:]
        var streamCount: UInt64 = 0
        var clock: Int64 = 1

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
        }

        private var tuning: SpoolTuning {
            var tuning = SpoolTuning.quick
            tuning.inlineLimit = 400
            tuning.segmentSize = 8000
            tuning.partSize = 300
            tuning.residentLimit = 1500
            tuning.checkpointPages = 30
            tuning.maintenanceInterval = .milliseconds(2)
            return tuning
        }

        mutating func perform(steps: Int) async throws {
            let directory = try TemporaryDirectory()
            var user = try SpoolUser(directory, settings: { $0.memoryBudget = 4000 }, tuning: tuning)
            for step in 0..<steps {
                if Int.random(in: 0..<40, using: &random) == 0 {
                    try await compare(user)
                    await user.spool.close()
                    closeAttempts()
                    streams = [:]
                    user = try SpoolUser(directory, settings: { $0.memoryBudget = 4000 }, tuning: tuning)
                }
                try await act(user)
                if step % 50 == 0 { try await compare(user) }
            }
            try await compare(user)
            #expect(user.spool.refusal == nil)
            await user.spool.close()
        }

        private mutating func act(_ user: SpoolUser) async throws {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...2: await accept(user, content: content(2000), stream: nil)
            case 3, 4: await append(user)
            case 5: await acceptStream(user)
            case 6: await begin(user)
            case 7, 8: await settle(user)
            case 9, 10: await remove(user)
            default:
                let isCheckpoint = Bool.random(using: &random)
                if SpoolPlace.current == .files { user.files.requestMaintenance(checkpoint: isCheckpoint) }
            }
        }

        private mutating func content(_ limit: Int) -> [UInt8] {
            let count = Int.random(in: 0...limit, using: &random)
            return .content(count, seed: UInt8.random(in: 0...255, using: &random))
        }

        private mutating func accept(_ user: SpoolUser, content: [UInt8], stream: ContentStream?) async {
            clock += 1
            let id = user.spool.makeQueueID(at: Timestamp(milliseconds: clock))
            let recipients = (0...Int.random(in: 0..<3, using: &random)).map { Recipient.sample("r\($0)@example.net") }
            let new = NewMessage.sample(
                id, content, recipients: recipients, priority: Priority.allCases.randomElement(using: &random)!,
                routing: [RoutingFacts.none, RoutingFacts(route: "r", headers: ["x": "\(clock)"])]
                    .randomElement(using: &random)!,
                stream: stream)
            #expect(await user.accept(new) == nil)
            model[id] = Stored(message: new.message, content: NewMessage.header + content)
        }

        private mutating func append(_ user: SpoolUser) async {
            if streams.count < 3 {
                streamCount += 1
                streams[ContentStream(port: user.port, number: streamCount)] = []
            }
            let name = streams.keys.sorted { $0.number < $1.number }.randomElement(using: &random)!
            let part = content(900)
            streams[name]! += part
            #expect(await user.append(part, to: name) == nil)
        }

        private mutating func acceptStream(_ user: SpoolUser) async {
            let used = streams.filter { !$0.value.isEmpty }.keys.sorted { $0.number < $1.number }
            guard let name = used.randomElement(using: &random) else { return }
            let content = streams.removeValue(forKey: name)!
            if Bool.random(using: &random) {
                await accept(user, content: content, stream: name)
            } else {
                await user.perform(.abandon(name))
            }
        }

        private mutating func randomID() -> QueueID? {
            model.keys.sorted().randomElement(using: &random)
        }

        private mutating func begin(_ user: SpoolUser) async {
            guard let id = randomID() else { return }
            clock += 1
            let attempt = OpenAttempt(
                upstream: "u\(clock % 3)", startedAt: Timestamp(milliseconds: clock),
                recipients: Array(model[id]!.message.recipients.indices))
            #expect(await user.begin(id, attempt) == nil)
            model[id]!.message.openAttempt = attempt
            guard Bool.random(using: &random) else { return }
            user.spool.noteFinalDot(of: id)
            dotted.insert(id)
        }

        private mutating func settle(_ user: SpoolUser) async {
            guard let id = randomID() else { return }
            var stored = model[id]!
            for index in stored.message.recipients.indices {
                let state = Recipient.State.allCases.randomElement(using: &random)!
                let old = stored.message.recipients[index]
                let impasse = Impasse(count: 2, since: Timestamp(milliseconds: 5), last: Timestamp(milliseconds: clock))
                stored.message.recipients[index] = Recipient(
                    address: old.address, options: old.options, state: state, attempts: old.attempts + 1,
                    nextAttemptAt: Timestamp(milliseconds: clock * 7), upstream: old.upstream,
                    lastReply: "450 try \(clock)",
                    resolution: [nil, .retry, .failover].randomElement(using: &random)!,
                    impasse: [nil, impasse].randomElement(using: &random)!,
                    failureClass: state == .failed ? [nil, .policy].randomElement(using: &random)! : nil,
                    holdReason: state == .held ? .operator : nil, wasWarned: Bool.random(using: &random))
            }
            stored.message.cycles += 1
            let record = AttemptRecord(
                upstream: "u", startedAt: Timestamp(milliseconds: clock), endedAt: Timestamp(milliseconds: clock + 1),
                recipients: [0], outcome: .deferred, phase: "dot", reply: "450",
                dotSent: [nil, false, true].randomElement(using: &random)!)
            let isRecorded = Bool.random(using: &random)
            if isRecorded { stored.attempts.append(record) }
            stored.message.openAttempt = nil
            dotted.remove(id)
            stored.message.boundUpstream = [nil, "ses"].randomElement(using: &random)!
            model[id] = stored
            if stored.message.recipients.allSatisfy(\.isSettled) { model[id] = nil }
            await user.perform(
                .settle(
                    Settlement(
                        id: id, recipients: stored.message.recipients, cycles: stored.message.cycles,
                        attempt: isRecorded ? record : nil, boundUpstream: stored.message.boundUpstream)))
        }

        private mutating func remove(_ user: SpoolUser) async {
            guard let id = randomID() else { return }
            model[id] = nil
            await user.perform(.remove(id))
        }

        /// The effect of recovery on running attempts.
        private mutating func closeAttempts() {
            for (id, stored) in model {
                guard let attempt = stored.message.openAttempt else { continue }
                guard dotted.remove(id) != nil else {
                    model[id]!.message.openAttempt = nil
                    continue
                }
                model[id]!.message = stored.message.interrupted()
                model[id]!.attempts.append(
                    AttemptRecord(
                        upstream: attempt.upstream, startedAt: attempt.startedAt,
                        endedAt: Timestamp(milliseconds: 5_000_000), recipients: attempt.recipients, outcome: .inDoubt,
                        phase: "interrupted", reply: SpooledMessage.interruptedReply, dotSent: true))
            }
        }

        private func compare(_ user: SpoolUser) async throws {
            let listed = try await user.spool.list(after: nil, limit: 10_000)
            #expect(listed == model.values.map(\.message).sorted { $0.id < $1.id })
            for (id, stored) in model {
                #expect(try await user.storedBytes(id) == stored.content)
                #expect(try await user.spool.attempts(of: id) == stored.attempts)
            }
            let due = model.values.filter {
                $0.message.recipients.contains { [.queued, .deferred, .scheduled, .inDoubt].contains($0.state) }
            }
            #expect(try await user.spool.schedule().map(\.id) == due.map(\.message.id).sorted())
            let ids = model.keys.sorted()
            for (id, result) in zip(ids, await user.load(ids)) {
                guard case .message(let queued) = result else { continue }
                #expect(try await user.bytes(queued.content) == model[id]!.content)
            }
            let statistics = try await user.spool.statistics(at: Timestamp(milliseconds: clock))
            #expect(statistics.messages == model.count)
            let messages = model.values.map(\.message)
            #expect(statistics.oldestReceivedAt == messages.map(\.receivedAt).min())
            let waiting = messages.filter { $0.recipients.contains(where: \.isWaiting) }
            #expect(statistics.oldestWaitingReceivedAt == waiting.map(\.receivedAt).min())
            #expect(statistics.firstWaiting?.id == waiting.map(\.id).min())
            #expect(statistics.octets == model.values.reduce(0) { $0 + $1.message.size })
        }
    }
}
