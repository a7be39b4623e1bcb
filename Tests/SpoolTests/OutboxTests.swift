import Foundation
import Mail
import NIOCore
import Synchronization
import TestKit
import Testing

@testable import Spool

/// Whether commits fail.
private final class Failing: Sendable {
    let isOn = Atomic(false)
}

@Suite("The outbox", .bothSpools, .timeLimit(.minutes(10)))
struct OutboxTests {
    private func recipient(_ state: Recipient.State, _ address: String = "b@example.net") -> Recipient {
        Recipient(
            address: Address(unchecked: address), state: state, failureClass: state == .failed ? .policy : nil)
    }

    private func settle(_ id: QueueID, _ states: Recipient.State...) -> SpoolOperation {
        let recipients = states.enumerated().map { recipient($1, "\($0)@example.net") }
        return .settle(Settlement(id: id, recipients: recipients, cycles: 1, attempt: nil))
    }

    private func accept(_ user: SpoolUser, recipients: Int = 1) async -> QueueID {
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let all = (0..<recipients).map { recipient(.queued, "\($0)@example.net") }
        #expect(await user.accept(.sample(id, [1], recipients: all)) == nil)
        return id
    }

    private func texts(_ user: SpoolUser, of webhook: String = "app") async throws -> [String] {
        try await user.spool.outbox(of: webhook, limit: 100).map(\.text)
    }

    @Test("has the events of each outcome in order, also after the next start")
    func order() async throws {
        let directory = try TemporaryDirectory()
        let recorder = TestRecorder(["app", "log"])
        var user = try SpoolUser(directory, outbox: recorder)
        let id = await accept(user, recipients: 2)
        await user.perform(settle(id, .deferred, .delivered))
        await user.perform(settle(id, .deferred, .delivered))
        await user.perform(settle(id, .failed, .delivered))
        let expected = [
            "0@example.net queued deferred", "1@example.net queued delivered", "0@example.net deferred failed",
        ]
        for _ in 0..<2 {
            #expect(try await texts(user) == expected)
            #expect(try await texts(user, of: "log") == expected)
            let entries = try await user.spool.outbox(of: "app", limit: 100)
            #expect(entries.map(\.message) == [id, id, id] && entries.map(\.number) == entries.map(\.number).sorted())
            #expect(Set(entries.map(\.id)).count == 3)
            #expect(try await user.spool.outbox(of: "app", after: entries[0].number, limit: 1) == [entries[1]])
            #expect(recorder.sums["app"]?.waiting == 3 && recorder.sums["log"]?.events == 3)
            await user.spool.close()
            user = try SpoolUser(directory, outbox: recorder)
        }
        #expect(recorder.committed == [["app", "log"], ["app", "log"]])
        await user.spool.close()
    }

    @Test("can be read by message")
    func ofMessage() async throws {
        let user = try SpoolUser(TemporaryDirectory(), outbox: TestRecorder(["app", "log"]))
        let (first, second) = (await accept(user, recipients: 3), await accept(user))
        await user.perform(settle(second, .deferred), settle(first, .deferred, .deferred, .failed))
        await user.perform(settle(second, .delivered))
        let all = try await user.spool.outbox(of: "app", limit: 9).filter { $0.message == second }
        #expect(all.count == 2)
        let read = try await user.spool.outbox(of: "app", about: second, after: 0, limit: 9)
        #expect(read == all)
        let rest = try await user.spool.outbox(of: "app", about: second, after: all[0].number, limit: 9)
        #expect(rest == [all[1]])
        _ = try await user.spool.change(outbox: .bury(all[0].number, attempts: 1, reason: "down"))
        let waiting = try await user.spool.outbox(of: "app", about: second, after: 0, limit: 1)
        #expect(waiting == [all[1]])
        await user.spool.close()
    }

    @Test("has an event about a message that an operator drops")
    func dropped() async throws {
        let user = try SpoolUser(TemporaryDirectory(), outbox: TestRecorder())
        let id = await accept(user)
        user.spool.submit(
            [
                .change(
                    [id],
                    MessageChange { found in
                        var settlement = Settlement(
                            id: found.id, recipients: [self.recipient(.held)], cycles: 0, attempt: nil)
                        settlement.isDropped = true
                        return settlement
                    }, ticket: 77)
            ], from: user.port)
        await user.barrier()
        #expect(try await texts(user) == ["b@example.net queued held"])
        await user.spool.close()
    }

    @Test("gets nothing about mail that nobody asks about, and costs such mail nothing")
    func notAsked() async throws {
        let recorder = TestRecorder()
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let message = SpooledMessage(
            id: id, receivedAt: Timestamp(milliseconds: 1), sender: ReversePath(address: nil), body: .sevenBit,
            priority: .normal, messageID: "<1@x>", origin: "o", user: "quiet", size: 1, recipients: [recipient(.queued)]
        )
        let new = NewMessage(
            message: message, header: ByteBuffer(bytes: NewMessage.header), content: .whole(ByteBuffer(bytes: [1])))
        #expect(await user.accept(new) == nil)
        await user.perform(settle(id, .delivered))
        #expect(try await texts(user) == [] && recorder.drafts == 0)
        recorder.webhooks = []
        let other = await accept(user)
        await user.perform(settle(other, .delivered))
        #expect(recorder.drafts == 0 && recorder.committed == [])
        await user.spool.close()
    }

    @Test("gets nothing about outcomes that nobody asks for, and they cost nothing")
    func otherOutcomes() async throws {
        let recorder = TestRecorder()
        recorder.wanted = [.failed]
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        await user.perform(settle(await accept(user), .delivered))
        #expect(recorder.drafts == 0)
        await user.perform(settle(await accept(user), .failed))
        #expect(recorder.drafts == 1)
        await user.spool.close()
    }

    @Test("loses its oldest events when there are too many, or they are too large", arguments: [true, false])
    func limits(isCount: Bool) async throws {
        let limits = isCount ? OutboxLimits(events: 3, octets: 1 << 20) : OutboxLimits(events: 99, octets: 399)
        let recorder = TestRecorder(limits: limits, size: 80)
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        var ids: [QueueID] = []
        for _ in 0..<5 {
            ids.append(await accept(user))
            await user.perform(settle(ids[ids.count - 1], .deferred))
        }
        let entries = try await user.spool.outbox(of: "app", limit: 100)
        #expect(entries.map(\.message) == Array(ids.suffix(3)))
        #expect(recorder.discarded == 2 && recorder.sums["app"]?.waiting == 3)
        #expect(recorder.sums["app"]?.octets == entries.reduce(0) { $0 + $1.payload.count })
        await user.spool.close()
    }

    @Test("knows what waits, what is dead, and what is delivered")
    func updates() async throws {
        let recorder = TestRecorder()
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        for _ in 0..<4 { await user.perform(settle(await accept(user), .deferred)) }
        let all = try await user.spool.outbox(of: "app", limit: 100).map(\.number)
        let until = Timestamp(milliseconds: 9)
        #expect(try await user.spool.change(outbox: .remove([all[0]]), .remove([all[0]])) == 1)
        #expect(try await user.spool.change(outbox: .postpone(all[1], attempts: 2, until: until, reason: "down")) == 1)
        #expect(try await user.spool.change(outbox: .bury(all[2], attempts: 9, reason: "gone")) == 1)
        var waiting = try await user.spool.outbox(of: "app", limit: 100)
        #expect(waiting.map(\.number) == [all[1], all[3]])
        #expect(waiting[0].attempts == 2 && waiting[0].notBefore == until && waiting[0].reason == "down")
        let dead = try await user.spool.outbox(of: "app", isDead: true, limit: 100)
        #expect(dead.map(\.number) == [all[2]] && dead[0].attempts == 9 && dead[0].reason == "gone" && dead[0].isDead)
        #expect(recorder.sums["app"]?.waiting == 2 && recorder.sums["app"]?.dead == 1)
        // What waits is not revived, and another webhook's events are left alone.
        #expect(try await user.spool.change(outbox: .revive(OutboxSelection(webhook: "app", numbers: [all[1]]))) == 0)
        #expect(try await user.spool.change(outbox: .revive(OutboxSelection(webhook: "log", numbers: [all[2]]))) == 0)
        #expect(try await user.spool.change(outbox: .revive(OutboxSelection(webhook: "app"))) == 1)
        waiting = try await user.spool.outbox(of: "app", limit: 100)
        #expect(waiting.map(\.number) == Array(all[1...3]) && waiting[1].attempts == 0 && waiting[1].reason == nil)
        #expect(recorder.sums["app"]?.dead == 0)
        #expect(try await user.spool.change(outbox: .drop(OutboxSelection(webhook: "log", numbers: [all[1]]))) == 0)
        #expect(try await user.spool.change(outbox: .drop(OutboxSelection(webhook: "app", numbers: [all[1]]))) == 1)
        #expect(try await user.spool.change(outbox: .drop(OutboxSelection(webhook: "app"))) == 0)
        #expect(recorder.sums["app"]?.waiting == 2)
        await user.spool.close()
    }

    /// Fills the outbox with the events of one message.
    private func fill(_ user: SpoolUser, events: Int) async {
        let id = await accept(user, recipients: events)
        let recipients = (0..<events).map { recipient(.deferred, "\($0)@example.net") }
        await user.perform(.settle(Settlement(id: id, recipients: recipients, cycles: 1, attempt: nil)))
    }

    @Test("is emptied to a lower limit in commits that are small enough not to delay mail")
    func lowerLimit() async throws {
        let recorder = TestRecorder()
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        await fill(user, events: 950)
        recorder.limits = OutboxLimits(events: 10, octets: 1 << 20)
        await user.perform(settle(await accept(user), .deferred))
        while recorder.sums["app"]?.events != 10 { await user.barrier() }
        await user.barrier()
        #expect(recorder.discards.prefix(9) == [Int](repeating: 100, count: 9)[...])
        #expect(recorder.discards.reduce(0, +) == 941)
        await user.spool.close()
    }

    @Test("carries out an order about many events in parts, and counts each event once")
    func largeOrders() async throws {
        let user = try SpoolUser(TemporaryDirectory(), outbox: TestRecorder())
        await fill(user, events: 250)
        let all = try await user.spool.outbox(of: "app", limit: 999).map(\.number)
        for number in all { _ = try await user.spool.change(outbox: .bury(number, attempts: 1, reason: "down")) }
        let everything = OutboxSelection(webhook: "app")
        let revived = try await user.spool.change(outbox: .revive(everything))
        #expect(revived == 250)
        let waiting = try await user.spool.outbox(of: "app", limit: 999).map(\.number)
        #expect(waiting == all)
        let dropped = try await user.spool.change(outbox: .drop(OutboxSelection(webhook: "app", numbers: all)))
        #expect(dropped == 250)
        await user.spool.close()
    }

    @Test("drops every event of a webhook in parts, those that wait too, and none of another webhook")
    func dropEverything() async throws {
        let user = try SpoolUser(TemporaryDirectory(), outbox: TestRecorder())
        await fill(user, events: 250)
        let all = try await user.spool.outbox(of: "app", limit: 999).map(\.number)
        for number in all.prefix(9) {
            _ = try await user.spool.change(outbox: .bury(number, attempts: 1, reason: "down"))
        }
        let elsewhere = OutboxUpdate.drop(OutboxSelection(webhook: "log", hasWaiting: true))
        let none = try await user.spool.change(outbox: elsewhere)
        #expect(none == 0)
        let dropped = try await user.spool.change(outbox: .drop(OutboxSelection(webhook: "app", hasWaiting: true)))
        #expect(dropped == 250)
        let rest = try await user.spool.outbox(of: "app", limit: 999)
        #expect(rest.isEmpty)
        await user.spool.close()
    }

    @Test("has the rest of an order for a later commit: of those named, or those with greater numbers")
    func rests() {
        let all = OutboxSelection(webhook: "app")
        #expect(all.rest(of: [5, 7, 9], step: 3) == nil)
        let rest = all.rest(of: [5, 7, 9], step: 2)
        #expect(rest?.after == 7 && rest?.numbers == nil)
        let named = OutboxSelection(webhook: "app", numbers: [5, 7, 9])
        #expect(named.rest(of: [5, 7, 9], step: 2) == OutboxSelection(webhook: "app", numbers: [9]))
        #expect(named.rest(of: [5, 7, 9], step: 3) == nil)
    }

    @Test("forgets what is too old, a part at a time")
    func expiry() async throws {
        let recorder = TestRecorder()
        let user = try SpoolUser(TemporaryDirectory(), outbox: recorder)
        for _ in 0..<3 { await user.perform(settle(await accept(user), .deferred)) }
        let oldest = try #require(try await user.spool.oldestInOutbox(of: "app"))
        #expect(try await user.spool.change(outbox: .expire(webhook: "app", before: oldest, limit: 9)) == 0)
        let later = oldest + .seconds(1)
        #expect(try await user.spool.change(outbox: .expire(webhook: "app", before: later, limit: 2)) == 2)
        #expect(try await user.spool.change(outbox: .expire(webhook: "app", before: later, limit: 2)) == 1)
        #expect(try await user.spool.oldestInOutbox(of: "app") == nil)
        #expect(recorder.discarded == 3 && recorder.sums.isEmpty)
        await user.spool.close()
    }

    @Test("does not use a number twice, even if everything was delivered before the next start")
    func numbers() async throws {
        let directory = try TemporaryDirectory()
        var user = try SpoolUser(directory, outbox: TestRecorder())
        await user.perform(settle(await accept(user), .deferred))
        let first = try await user.spool.outbox(of: "app", limit: 9).map(\.number)
        #expect(try await user.spool.change(outbox: .remove(first)) == 1)
        await user.spool.close()
        user = try SpoolUser(directory, outbox: TestRecorder())
        await user.perform(settle(await accept(user), .deferred))
        let second = try await user.spool.outbox(of: "app", limit: 9).map(\.number)
        #expect(second.count == 1 && second[0] > first[0])
        await user.spool.close()
    }

    @Test("has an outcome's events once, if its commit fails and is repeated")
    func failedCommit() async throws {
        let failing = Failing()
        var tuning = SpoolTuning.quick
        tuning.commitFault = { failing.isOn.load(ordering: .relaxed) ? SpoolError(.inputOutput, "broken") : nil }
        let recorder = TestRecorder()
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning, outbox: recorder)
        let id = await accept(user)
        failing.isOn.store(true, ordering: .relaxed)
        await user.perform(settle(id, .delivered))
        #expect(recorder.drafts > 0 && recorder.sums.isEmpty && recorder.committed == [])
        await #expect(throws: SpoolError.self) { try await user.spool.change(outbox: .remove([1])) }
        failing.isOn.store(false, ordering: .relaxed)
        while try await user.spool.message(id) != nil { await user.barrier() }
        await user.barrier()
        #expect(try await texts(user) == ["0@example.net queued delivered"])
        #expect(recorder.sums["app"]?.waiting == 1)
        await user.spool.close()
    }

    @Test("is relieved of what is delivered or given up even if the disk is full; what needs room is refused")
    func diskFull() async throws {
        // A database has no reserve.
        guard SpoolPlace.current == .files else { return }
        let failing = Failing()
        var tuning = SpoolTuning.quick
        tuning.commitFault = {
            failing.isOn.exchange(false, ordering: .relaxed) ? SpoolError(.full, "no room") : nil
        }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning, outbox: TestRecorder())
        for _ in 0..<4 { await user.perform(settle(await accept(user), .deferred)) }
        let all = try await user.spool.outbox(of: "app", limit: 9).map(\.number)
        failing.isOn.store(true, ordering: .relaxed)
        let postponed = OutboxUpdate.postpone(all[3], attempts: 1, until: Timestamp(milliseconds: 9), reason: "down")
        await #expect(throws: SpoolError.self) { try await user.spool.change(outbox: postponed) }
        let relief: [OutboxUpdate] = [
            .remove([all[0]]), .bury(all[1], attempts: 1, reason: "down"),
            .drop(OutboxSelection(webhook: "app", numbers: [all[2]])),
        ]
        for update in relief {
            failing.isOn.store(true, ordering: .relaxed)
            let count = try await user.spool.change(outbox: update)
            #expect(count == 1)
        }
        await user.spool.close()
    }

    @Test("has an event about mail that a crash has left in doubt")
    func interrupted() async throws {
        let user = try SpoolUser(TemporaryDirectory(), outbox: TestRecorder())
        let id = await accept(user)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 2), recipients: [0])
        #expect(await user.begin(id, attempt) == nil)
        user.spool.noteFinalDot(of: id)
        let next = try SpoolUser(try user.crashed(), outbox: TestRecorder())
        #expect(try await texts(next) == ["0@example.net queued in_doubt"])
        await next.spool.close()
        await user.spool.close()
    }
}
