import Foundation
import Mail
import NIOCore
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("Resubmitted messages", .bothSpools, .timeLimit(.minutes(10)))
struct ResubmissionTests {
    private static let received = Timestamp(milliseconds: 1_000_000)

    private func known(
        _ key: String, envelope: String? = nil, for window: Duration = .seconds(5000),
        at submittedAt: Timestamp = Self.received
    ) -> Resubmission {
        Resubmission(
            key: Array(key.utf8), envelope: envelope.map { Array($0.utf8) }, submittedAt: submittedAt,
            window: window)
    }

    private func new(_ user: SpoolUser, _ resubmission: Resubmission?, size: Int = 100) -> NewMessage {
        .sample(user.spool.makeQueueID(at: Self.received), .content(size), resubmission: resubmission)
    }

    private func id(_ completion: SpoolCompletion) -> QueueID? {
        if case .resubmitted(_, let id) = completion { id } else { nil }
    }

    private func isAccepted(_ completion: SpoolCompletion) -> Bool {
        if case .accepted = completion { true } else { false }
    }

    private func count(_ directory: TemporaryDirectory) throws -> Int {
        let sql = "SELECT count(*) FROM resubmission"
        guard SpoolPlace.current == .files else {
            return Int(try TestDatabases.shared.execute(sql, in: directory.path)) ?? -1
        }
        return try SQLiteConnection(path: directory.path + "/spool/spool.sqlite3", access: .read).integer(sql)
    }

    @Test("the second one gets the queue ID of the first, and is not stored", arguments: [100, 60_000])
    func twice(size: Int) async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let first = new(user, known("k"), size: size)
        #expect(isAccepted(await user.submit(first)))
        #expect(id(await user.submit(new(user, known("k"), size: size))) == first.message.id)
        #expect(isAccepted(await user.submit(new(user, known("other"), size: size))))
        #expect(try await user.spool.list(after: nil, limit: 9).count == 2)
        if SpoolPlace.current == .files {
            #expect(user.files.segmentUse.values.reduce(0, +) == (size > 1000 ? 2 * size : 0))
        }
        await user.spool.close()
    }

    @Test("a resubmitted stream is dead space")
    func stream() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        var ids: [QueueID] = []
        for number in 1...2 {
            let name = ContentStream(port: user.port, number: UInt64(number))
            #expect(await user.append(.content(30_000), to: name) == nil)
            let new = NewMessage.sample(
                user.spool.makeQueueID(at: Self.received), .content(30_000), stream: name, resubmission: known("k"))
            ids.append(id(await user.submit(new)) ?? new.message.id)
        }
        #expect(Set(ids).count == 1)
        switch SpoolPlace.current {
        case .files: #expect(user.files.segmentUse == [1: 30_000])
        case .database:
            let sql = "SELECT (SELECT sum(length(bytes)) FROM chunk), (SELECT count(*) FROM stream)"
            #expect(try TestDatabases.shared.execute(sql, in: user.directory.path) == "30000|0")
        }
        #expect(user.spool.residentOctets == 0 || user.spool.residentOctets < 40_000)
        #expect(try await user.storedBytes(ids[0]) == NewMessage.header + .content(30_000))
        await user.spool.close()
    }

    @Test("two in one group: one is accepted")
    func oneGroup() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let pair = [new(user, known("k")), new(user, known("k"))]
        user.spool.submit(pair.enumerated().map { .accept($1, ticket: UInt64(100 + $0)) }, from: user.port)
        guard case .accepted(100) = await user.next() else { return #expect(Bool(false), "the first is new") }
        guard case .resubmitted(101, pair[0].message.id) = await user.next() else {
            return #expect(Bool(false), "the second is the first")
        }
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [pair[0].message.id])
        await user.spool.close()
    }

    @Test("even if the first has been delivered, and after the death of the process")
    func gone() async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        let first = new(user, known("k"))
        #expect(isAccepted(await user.submit(first)))
        var copy = directory
        if SpoolPlace.current == .files { copy = try user.crashed() }
        await user.perform(.remove(first.message.id))
        #expect(id(await user.submit(new(user, known("k")))) == first.message.id)
        #expect(try await user.spool.list(after: nil, limit: 9).isEmpty)
        await user.spool.close()
        let next = try SpoolUser(copy)
        #expect(id(await next.submit(new(next, known("k")))) == first.message.id)
        await next.spool.close()
    }

    /// States of the first message's recipients, and whether another copy is accepted.
    static let fates: [([Recipient.State], isTaken: Bool)] = [
        ([.failed, .failed], true), ([.held, .failed], true), ([.failed, .delivered], false),
        ([.failed, .inDoubt], false), ([.deferred, .failed], false), ([.held, .delivered], false),
    ]

    @Test("if nobody has the first one or will get it, the next is accepted, and its ID counts", arguments: fates)
    func lost(states: [Recipient.State], isTaken: Bool) async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        let first = new(user, known("k"))
        #expect(isAccepted(await user.submit(first)))
        let recipients = states.map { Recipient(address: Address(unchecked: "a@x"), state: $0) }
        await user.perform(.settle(Settlement(id: first.message.id, recipients: recipients, cycles: 1, attempt: nil)))
        let second = new(user, known("k"))
        let completion = await user.submit(second)
        #expect(isAccepted(completion) == isTaken)
        #expect(id(completion) == (isTaken ? nil : first.message.id))
        let expected = isTaken ? second.message.id : first.message.id
        #expect(id(await user.submit(new(user, known("k")))) == expected)
        #expect(try count(directory) == 1)
        await user.spool.close()
    }

    @Test("a damaged one is accepted again")
    func damaged() async throws {
        let directory = try TemporaryDirectory()
        let first: QueueID
        do {
            let user = try SpoolUser(directory)
            let new = new(user, known("k"))
            first = new.message.id
            #expect(isAccepted(await user.submit(new)))
            await user.spool.close()
        }
        let sql = "UPDATE message SET checksum = checksum + 1"
        switch SpoolPlace.current {
        case .files:
            try SQLiteConnection(path: directory.path + "/spool/spool.sqlite3", access: .write).execute(sql)
        case .database: try TestDatabases.shared.execute(sql, in: directory.path)
        }
        let user = try SpoolUser(directory)
        guard case .quarantined = await user.load([first])[0] else {
            return #expect(Bool(false), "the damage is not noticed")
        }
        #expect(isAccepted(await user.submit(new(user, known("k")))))
        await user.spool.close()
    }

    @Test("there are no more keys than the limit: those that expire first are dropped, and that is reported once")
    func limit() async throws {
        let directory = try TemporaryDirectory()
        var tuning = SpoolTuning.quick
        (tuning.maxResubmissions, tuning.expiryBatch) = (10, 3)
        var user = try SpoolUser(directory, tuning: tuning)
        for number in 1...25 {
            #expect(isAccepted(await user.submit(new(user, known("\(number)", for: .seconds(5000 + number))))))
        }
        while try count(directory) > 10 { await user.barrier() }
        func notices() -> Int {
            user.events.all.count { if case .notice(let text) = $0 { text.contains("keys") } else { false } }
        }
        #expect(notices() == 1)
        #expect(id(await user.submit(new(user, known("16")))) != nil)
        await user.spool.close()
        user = try SpoolUser(directory, tuning: tuning)
        // Keys of the last run are counted.
        #expect(isAccepted(await user.submit(new(user, known("26", for: .seconds(9000))))))
        while try count(directory) > 10 { await user.barrier() }
        #expect(isAccepted(await user.submit(new(user, known("16")))))
        await user.spool.close()
    }

    @Test("a key used for another message is refused, and nothing changes")
    func contradiction() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let first = new(user, known("k", envelope: "a"))
        #expect(isAccepted(await user.submit(first)))
        guard case .refused(_, let error) = await user.submit(new(user, known("k", envelope: "b"))) else {
            return #expect(Bool(false), "another message was taken for the first")
        }
        #expect(error.code == .contradiction)
        #expect(user.spool.refusal == nil)
        #expect(id(await user.submit(new(user, known("k", envelope: "a")))) == first.message.id)
        await user.spool.close()
    }

    @Test("a group that fails leaves no key")
    func failedGroup() async throws {
        let failures = Failures()
        var tuning = SpoolTuning.quick
        tuning.commitFault = { failures.next() }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        // The trial of a spool in files fails too; a database refuses one change.
        failures.fail(SpoolPlace.current == .files ? 2 : 1)
        guard case .refused = await user.submit(new(user, known("k"))) else {
            return #expect(Bool(false), "the commit fails")
        }
        while user.spool.refusal != nil { await user.barrier() }
        #expect(isAccepted(await user.submit(new(user, known("k")))))
        await user.spool.close()
    }

    @Test("nothing is stored for a message without a key")
    func off() async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        for _ in 0..<2 { #expect(isAccepted(await user.submit(new(user, nil)))) }
        #expect(try count(directory) == 0)
        await user.spool.close()
    }

    @Test("after expiry it is accepted again, and keys are removed in time, in batches")
    func expiry() async throws {
        let directory = try TemporaryDirectory()
        var tuning = SpoolTuning.quick
        tuning.expiryBatch = 3
        let user = try SpoolUser(directory, tuning: tuning)
        // The clock of the spool stands at 5,000 s, messages come at 1,000 s.
        for number in 0..<10 {
            #expect(isAccepted(await user.submit(new(user, known("old \(number)", for: .seconds(1000))))))
        }
        #expect(isAccepted(await user.submit(new(user, known("kept")))))
        while try count(directory) > 1 { await user.barrier() }
        #expect(id(await user.submit(new(user, known("kept")))) != nil)
        let again = new(user, known("over", for: .zero))
        #expect(isAccepted(await user.submit(again)))
        #expect(isAccepted(await user.submit(new(user, known("over")))))
        await user.spool.close()
    }
}

/// Number of commits that fail.
private final class Failures: Sendable {
    private let left = Mutex(0)

    func fail(_ count: Int) { left.withLock { $0 = count } }

    func next() -> SpoolError? {
        left.withLock { left in
            guard left > 0 else { return nil }
            left -= 1
            return SpoolError(.inputOutput, "the disk has failed")
        }
    }
}
