import Foundation
import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

@Suite("A spool", .bothSpools, .timeLimit(.minutes(10)))
struct RelaySpoolTests {
    private static let sizes = [0, 1, 4096, 16384, 16385, 100_000, 700_000]

    @Test("returns what it accepted, after a restart too", arguments: sizes)
    func roundTrip(size: Int) async throws {
        let directory = try TemporaryDirectory()
        var user = try SpoolUser(directory)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let content = [UInt8].content(size)
        let new = NewMessage.sample(id, content, recipients: [.sample("x@y"), .sample("z@y")], sender: nil)
        let (error, arrived) = await user.acceptArriving(new)
        #expect(error == nil)
        #expect(try await user.bytes(#require(arrived).content) == NewMessage.header + content)
        #expect(try await user.storedBytes(id) == NewMessage.header + content)
        await user.spool.close()

        user = try SpoolUser(directory)
        #expect(try await user.spool.message(id) == new.message)
        #expect(try await user.storedBytes(id) == NewMessage.header + content)
        guard case .message(let loaded) = await user.load([id])[0] else { return #expect(Bool(false), "not loaded") }
        #expect(loaded.message == new.message)
        #expect(try await user.bytes(loaded.content) == NewMessage.header + content)
        await user.spool.close()
    }

    @Test("accepts large content part by part")
    func stream() async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let name = ContentStream(port: user.port, number: 7)
        var whole: [UInt8] = []
        for seed in 0..<9 {
            let part = [UInt8].content(50_000, seed: UInt8(seed))
            whole += part
            #expect(await user.append(part, to: name) == nil)
        }
        #expect(await user.accept(.sample(id, whole, stream: name)) == nil)
        #expect(try await user.storedBytes(id) == NewMessage.header + whole)
        await user.spool.close()
    }

    @Test("does not accept a message whose content never came")
    func unknownStream() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let name = ContentStream(port: user.port, number: 7)
        #expect(await user.append([1, 2], to: name) == nil)
        await user.perform(.abandon(name))
        #expect(await user.accept(.sample(id, [1, 2], stream: name)) != nil)
        #expect(try await user.spool.message(id) == nil)
        switch SpoolPlace.current {
        case .files: #expect(user.files.segmentUse.isEmpty)
        case .database: #expect(try TestDatabases.shared.execute("SELECT * FROM chunk", in: user.directory.path) == "")
        }
        await user.spool.close()
    }

    @Test("refuses a queue ID in use, and nothing else of the group")
    func duplicate() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let other = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1])) == nil)
        user.spool.submit(
            [.accept(.sample(id, [2]), ticket: 100), .accept(.sample(other, [3]), ticket: 101)], from: user.port)
        await user.barrier()
        #expect(try await user.storedBytes(id) == NewMessage.header + [1])
        #expect(try await user.storedBytes(other) == NewMessage.header + [3])
        await user.spool.close()
    }

    @Test("records attempts and outcomes")
    func ledger() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1], recipients: [.sample("x@y"), .sample("z@y")])) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 5), recipients: [0, 1])
        #expect(await user.begin(id, attempt) == nil)
        #expect(try await user.spool.message(id)?.openAttempt == attempt)
        #expect(try await user.spool.statistics(at: Timestamp(milliseconds: 9)).byState == ["delivering": 2])

        var recipients = [Recipient.sample("x@y", state: .delivered), .sample("z@y", state: .deferred)]
        recipients[1].nextAttemptAt = Timestamp(milliseconds: 77)
        recipients[1].lastReply = "451 4.7.1 later\tor\nnever"
        let record = AttemptRecord(
            upstream: "ses", startedAt: attempt.startedAt, endedAt: Timestamp(milliseconds: 6), recipients: [0, 1],
            outcome: .deferred, phase: "rcpt", reply: "451")
        await user.perform(.settle(Settlement(id: id, recipients: recipients, cycles: 1, attempt: record)))
        let message = try #require(try await user.spool.message(id))
        recipients[1].lastReply = "451 4.7.1 later or never"
        #expect(message.recipients == recipients)
        #expect(message.cycles == 1 && message.openAttempt == nil)
        #expect(try await user.spool.attempts(of: id) == [record])
        let due = ScheduledMessage(
            id: id, receivedAt: message.receivedAt, dueAt: Timestamp(milliseconds: 77), priority: .normal,
            flow: FlowKey(of: message), inDoubt: false)
        #expect(try await user.spool.schedule() == [due])

        await user.perform(.remove(id))
        #expect(try await user.spool.message(id) == nil)
        #expect(try await user.spool.attempts(of: id).isEmpty)
        #expect(await user.begin(id, attempt)?.code == .missing)
        await user.spool.close()
    }

    @Test("tells the oldest message, and the oldest that waits or is being tried", arguments: Recipient.State.allCases)
    func oldest(state: Recipient.State) async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1], recipients: [.sample("x@y"), .sample("z@y")])) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 5), recipients: [0])
        #expect(await user.begin(id, attempt) == nil)
        let received = Timestamp(milliseconds: 1_000_000)
        var statistics = try await user.spool.statistics(at: received)
        #expect(statistics.oldestReceivedAt == received)
        #expect(statistics.oldestWaitingReceivedAt == received)
        #expect(statistics.firstWaiting == SpoolStatistics.Arrival(id: id, receivedAt: received))
        let recipients = [Recipient.sample("x@y", state: .failed), .sample("z@y", state: state)]
        await user.perform(.settle(Settlement(id: id, recipients: recipients, cycles: 1, attempt: nil)))
        statistics = try await user.spool.statistics(at: received)
        #expect(statistics.oldestReceivedAt == received)
        #expect(statistics.oldestWaitingReceivedAt == ([.queued, .deferred].contains(state) ? received : nil))
        #expect(statistics.firstWaiting?.id == ([.queued, .deferred].contains(state) ? id : nil))
        await user.spool.close()
    }

    @Test(
        "does not schedule or load messages that are final or wait for an operator", arguments: Recipient.State.allCases
    )
    func schedule(state: Recipient.State) async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1])) == nil)
        await user.perform(
            .settle(Settlement(id: id, recipients: [.sample(state: state)], cycles: 0, attempt: nil)))
        let isDue = [.queued, .deferred, .scheduled, .inDoubt].contains(state)
        let scheduled = try await user.spool.schedule()
        #expect(scheduled.map(\.inDoubt) == (isDue ? [state == .inDoubt] : []))
        switch await user.load([id])[0] {
        case .message: #expect(isDue)
        case .missing: #expect(!isDue)
        case .quarantined, .failed: #expect(Bool(false), "the message is whole")
        }
        await user.spool.close()
    }

    @Test("pages through messages in the order of their IDs")
    func listing() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        var ids: [QueueID] = []
        for _ in 0..<7 {
            ids.append(user.spool.makeQueueID(at: Timestamp(milliseconds: 1)))
            #expect(await user.accept(.sample(ids.last!, [1])) == nil)
        }
        #expect(try await user.spool.list(after: nil, limit: 3).map(\.id) == Array(ids[0..<3]))
        #expect(try await user.spool.list(after: ids[2], limit: 100).map(\.id) == Array(ids[3...]))
        await user.spool.close()
    }

    @Test("keeps content on disk when the memory budget is exhausted, and counts what it holds")
    func budget() async throws {
        let user = try SpoolUser(TemporaryDirectory(), settings: { $0.memoryBudget = 5000 })
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        let first = await user.acceptArriving(.sample(ids[0], .content(4000))).arrived
        let second = await user.acceptArriving(.sample(ids[1], .content(4000, seed: 2))).arrived
        guard case .resident = first?.content, case .stored(let reader) = second?.content else {
            return #expect(Bool(false), "the first fits, the second does not")
        }
        // What is counted is the memory occupied by the buffers, not the octets in them.
        let memory = ByteBuffer(bytes: [UInt8].content(4000)).storageCapacity
        #expect(user.spool.residentOctets == memory + ByteBuffer(bytes: NewMessage.header).storageCapacity)
        #expect(try await user.bytes(reader) == NewMessage.header + .content(4000, seed: 2))
        await user.spool.close()
    }

    @Test("refuses a second user of its directory, naming the process")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        let error = #expect(throws: SpoolError.self) { try SpoolUser(directory) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("\(getpid())") == true)
        #expect(error?.message.contains(directory.path) == true)
        await user.spool.close()
        await (try SpoolUser(directory)).spool.close()
    }

    @Test("refuses everything once closed")
    func closed() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        await user.spool.close()
        #expect(await user.accept(.sample(id, [1]))?.code == .closed)
        #expect(await user.append([1], to: ContentStream(port: user.port, number: 1))?.code == .closed)
        await #expect(throws: SpoolError.self) { try await user.spool.schedule() }
        guard case .failed(id, let error) = await user.load([id])[0] else { return #expect(Bool(false), "not failed") }
        #expect(error.code == .closed)
        #expect(user.spool.residentOctets == 0)
    }
}
