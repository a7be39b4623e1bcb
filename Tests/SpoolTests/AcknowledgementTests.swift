import Mail
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("Acknowledgements of outcomes", .bothSpools, .timeLimit(.minutes(10)))
struct AcknowledgementTests {
    private final class Switch: Sendable {
        let isOn = Atomic<Bool>(false)
    }

    private func makeUser(_ failing: Switch = Switch(), lazyWait: Duration = .milliseconds(1)) throws -> SpoolUser {
        var tuning = SpoolTuning.quick
        tuning.lazyWait = lazyWait
        tuning.commitFault = { failing.isOn.load(ordering: .relaxed) ? SpoolError(.inputOutput, "no") : nil }
        return try SpoolUser(TemporaryDirectory(), tuning: tuning)
    }

    private func accepted(_ user: SpoolUser) async -> QueueID {
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1])) == nil)
        return id
    }

    private func settlement(_ id: QueueID, cycles: Int = 1) -> Settlement {
        Settlement(id: id, recipients: [.sample(state: .deferred)], cycles: cycles, attempt: nil)
    }

    /// The next answer to an outcome.
    private func answer(_ user: SpoolUser) async -> String {
        while true {
            switch await user.next() {
            case .settled(let ticket): return "\(ticket) durable"
            case .notSettled(let ticket, let error): return "\(ticket) \(error.code.rawValue)"
            case .accepted, .resubmitted, .refused, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded,
                .changed, .notChanged, .arrived:
                break
            }
        }
    }

    @Test("an outcome is on disk when it is acknowledged, and nobody waits for company")
    func durable() async throws {
        let user = try makeUser(lazyWait: .seconds(600))
        let ids = [await accepted(user), await accepted(user)]
        user.spool.submit(
            [.settle(settlement(ids[0]), ticket: 7), .remove(ids[1], ticket: 8)], from: user.port)
        #expect(await answer(user) == "7 durable")
        #expect(await answer(user) == "8 durable")
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.cycles) == [1])
        await user.spool.close()
    }

    @Test("in a group each outcome has its own answer, and those without a ticket have none")
    func group() async throws {
        let user = try makeUser()
        let ids = [await accepted(user), await accepted(user), await accepted(user)]
        user.spool.submit(
            [
                .settle(settlement(ids[0])), .remove(ids[1]), .remove(ids[1], ticket: 1),
                .settle(settlement(ids[2]), ticket: 2), .settle(settlement(ids[1]), ticket: 3),
                .remove(ids[0], ticket: 4),
            ], from: user.port)
        var answers: [String] = []
        for _ in 0..<4 { answers.append(await answer(user)) }
        #expect(answers == ["1 missing", "2 durable", "3 missing", "4 durable"])
        await user.spool.close()
    }

    @Test("an outcome that cannot be written is told at once and once, and written as soon as that works")
    func fails() async throws {
        let failing = Switch()
        let user = try makeUser(failing)
        let ids = [await accepted(user), await accepted(user)]
        failing.isOn.store(true, ordering: .relaxed)
        user.spool.submit([.settle(settlement(ids[0]), ticket: 1), .remove(ids[1], ticket: 2)], from: user.port)
        #expect(await answer(user) == "1 io")
        #expect(await answer(user) == "2 io")
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.cycles) == [0, 0])
        failing.isOn.store(false, ordering: .relaxed)
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.cycles) == [1])
        user.spool.submit([.settle(settlement(ids[0], cycles: 2), ticket: 3)], from: user.port)
        #expect(await answer(user) == "3 durable")
        await user.spool.close()
    }

    @Test("a new message that cannot be written does not keep an outcome of its group from being acknowledged")
    func withoutInserts() async throws {
        var tuning = SpoolTuning.quick
        let isFirst = Switch()
        tuning.commitFault = {
            isFirst.isOn.exchange(false, ordering: .relaxed) ? SpoolError(.full, "no space") : nil
        }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        let id = await accepted(user)
        let new = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        isFirst.isOn.store(true, ordering: .relaxed)
        user.spool.submit([.settle(settlement(id), ticket: 1), .accept(.sample(new, [2]), ticket: 2)], from: user.port)
        var answers: [String] = []
        while answers.count < 2 {
            switch await user.next() {
            case .settled(let ticket): answers.append("\(ticket) durable")
            case .refused(let ticket, let error): answers.append("\(ticket) \(error.code.rawValue)")
            case .accepted, .resubmitted, .appended, .appendFailed, .attemptRecorded, .attemptNotRecorded, .notSettled,
                .changed, .notChanged, .arrived:
                break
            }
        }
        #expect(answers.sorted() == ["1 durable", "2 full"])
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [id])
        await user.spool.close()
    }

    @Test("what comes when the spool is closed is answered")
    func closed() async throws {
        let user = try makeUser()
        let id = await accepted(user)
        user.spool.submit([.settle(settlement(id), ticket: 1)], from: user.port)
        await user.spool.close()
        user.spool.submit([.remove(id, ticket: 2), .remove(id)], from: user.port)
        #expect(await answer(user) == "1 durable")
        #expect(await answer(user) == "2 closed")
    }
}
