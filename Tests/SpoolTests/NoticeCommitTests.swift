import Mail
import NIOCore
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("Failures, and notices about them", .bothSpools, .timeLimit(.minutes(10)))
struct NoticeCommitTests {
    /// Writes a notice whose text is the original.
    private func request(_ id: QueueID, octets: Int = 1 << 20) -> NoticeRequest {
        NoticeRequest(octets: octets) { original in
            var new = NewMessage.sample(
                id, original.map { [$0.isWhole ? 1 : 0] + Array($0.bytes.readableBytesView) } ?? [9], sender: nil)
            new.message.notice = .failure
            return new
        }
    }

    private func settlement(
        _ id: QueueID, _ recipients: [Recipient], _ notices: [NoticeRequest] = []
    ) -> SpoolOperation {
        .settle(Settlement(id: id, recipients: recipients, cycles: 1, attempt: nil, notices: notices), ticket: 900)
    }

    private func failed(_ failureClass: FailureClass? = .policy) -> Recipient {
        Recipient(address: Address(unchecked: "b@example.net"), state: .failed, failureClass: failureClass)
    }

    @Test(
        "a message all of whose recipients are settled leaves with its notice in its place", arguments: [10, 700_000])
    func leaves(size: Int) async throws {
        let directory = try TemporaryDirectory()
        var user = try SpoolUser(directory)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        let content = [UInt8].content(size)
        #expect(await user.accept(.sample(ids[0], content)) == nil)
        await user.perform(settlement(ids[0], [failed()], [request(ids[1])]))
        while true {
            guard case .arrived(let queued) = await user.next(), queued.message.id == ids[1] else { continue }
            #expect(queued.message.notice == .failure)
            break
        }
        for _ in 0..<2 {
            #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [ids[1]])
            #expect(try await user.spool.message(ids[1])?.notice == .failure)
            #expect(try await user.storedBytes(ids[1]) == NewMessage.header + [1] + NewMessage.header + content)
            await user.spool.close()
            user = try SpoolUser(directory)
        }
        await user.spool.close()
    }

    @Test("a notice gets no more of a large original than it asks for")
    func beginning() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        let content = [UInt8].content(700_000)
        #expect(await user.accept(.sample(ids[0], content)) == nil)
        await user.perform(settlement(ids[0], [failed()], [request(ids[1], octets: 1000)]))
        let bytes = try #require(try await user.storedBytes(ids[1]))
        #expect(bytes.count < 300_000 && bytes.count >= 1000)
        let copy = bytes.dropFirst(NewMessage.header.count)
        #expect(copy.first == 0)
        let original = NewMessage.header + content
        #expect(Array(copy.dropFirst()) == Array(original.prefix(copy.count - 1)))
        await user.spool.close()
    }

    @Test("what failed under an earlier release stays until somebody says otherwise")
    func earlierRelease() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1], recipients: [.sample("x@y"), .sample("z@y")])) == nil)
        await user.perform(settlement(id, [failed(nil), .sample("z@y", state: .delivered)]))
        #expect(try await user.spool.message(id)?.recipients.map(\.state) == [.failed, .delivered])
        await user.spool.close()
    }

    @Test("a failed commit leaves failure and notice undone, and does both as soon as it can")
    func failedCommit() async throws {
        let shared = Flag(isFailing: false)
        var tuning = SpoolTuning.quick
        tuning.commitFault = { shared.isOn ? SpoolError(.inputOutput, "no") : nil }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.accept(.sample(ids[0], [1])) == nil)
        shared.isOn = true
        await user.perform(settlement(ids[0], [failed()], [request(ids[1])]))
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [ids[0]])
        shared.isOn = false
        while true {
            if case .arrived(let queued) = await user.next(), queued.message.id == ids[1] { break }
        }
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [ids[1]])
        #expect(try await user.storedBytes(ids[1]) == NewMessage.header + [1] + NewMessage.header + [1])
        await user.spool.close()
    }

    @Test("there is no notice about a message that is gone")
    func gone() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        await user.perform(settlement(ids[0], [failed()], [request(ids[1])]))
        #expect(try await user.spool.list(after: nil, limit: 9).isEmpty)
        await user.spool.close()
    }

    // MARK: - Changes

    @Test("a change is made in one commit, and answered with the messages as they were")
    func change() async throws {
        let directory = try TemporaryDirectory()
        var user = try SpoolUser(directory)
        let ids = (0..<4).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        for id in ids[0..<3] { #expect(await user.accept(.sample(id, [1])) == nil) }
        let change = MessageChange { message in
            guard message.id != ids[1] else { return nil }
            var recipients = message.recipients
            recipients[0].markHeld(.operator)
            var settlement = Settlement(id: message.id, recipients: recipients, cycles: 0, attempt: nil)
            settlement.isDropped = message.id == ids[2]
            return settlement
        }
        let found = try await user.change(ids, change).get()
        #expect(found.map { $0?.recipients[0].state } == [.queued, .queued, .queued, nil])
        for _ in 0..<2 {
            let listed = try await user.spool.list(after: nil, limit: 9)
            #expect(listed.map(\.id) == [ids[0], ids[1]])
            #expect(listed.map { $0.recipients[0].holdReason } == [.operator, nil])
            await user.spool.close()
            user = try SpoolUser(directory)
        }
        await user.spool.close()
    }

    @Test("a change beside new mail that cannot be committed is made in a second try, with one notice")
    func repeatedChange() async throws {
        var tuning = SpoolTuning.quick
        let shared = Flag(isFailing: false)
        tuning.commitFault = {
            guard shared.isOn else { return nil }
            shared.isOn = false
            return SpoolError(.full, "no room")
        }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.accept(.sample(ids[0], [1])) == nil)
        let (calls, spool) = (Calls(), user.spool)
        let change = MessageChange { [request, failed] message in
            calls.count.add(1, ordering: .sequentiallyConsistent)
            let notice = spool.makeQueueID(at: Timestamp(milliseconds: 2))
            return Settlement(
                id: message.id, recipients: [failed(.policy)], cycles: 0, attempt: nil,
                notices: [request(notice, 1 << 20)])
        }
        shared.isOn = true
        user.spool.submit(
            [.accept(.sample(ids[1], [2]), ticket: 800), .change([ids[0]], change, ticket: 801)], from: user.port)
        await user.barrier()
        #expect(calls.count.load(ordering: .sequentiallyConsistent) == 2)
        let left = try await user.spool.list(after: nil, limit: 9)
        #expect(left.map(\.notice) == [.failure])
        await user.spool.close()
    }

    @Test("a change that cannot be committed is undone, and not repeated")
    func failedChange() async throws {
        let shared = Flag(isFailing: false)
        var tuning = SpoolTuning.quick
        tuning.commitFault = { shared.isOn ? SpoolError(.inputOutput, "no") : nil }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1])) == nil)
        shared.isOn = true
        let change = MessageChange { message in
            var settlement = Settlement(id: id, recipients: message.recipients, cycles: 0, attempt: nil)
            settlement.isDropped = true
            return settlement
        }
        guard case .failure(let error) = await user.change([id], change) else {
            return #expect(Bool(false), "the commit failed")
        }
        #expect(error.code == .inputOutput)
        shared.isOn = false
        await user.barrier()
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [id])
        await user.spool.close()
    }

    private final class Calls: Sendable {
        let count = Atomic<Int>(0)
    }

    /// Whether commits fail, for several threads.
    private final class Flag: Sendable {
        private let value: Atomic<Bool>
        var isOn: Bool {
            get { value.load(ordering: .sequentiallyConsistent) }
            set { value.store(newValue, ordering: .sequentiallyConsistent) }
        }

        init(isFailing: Bool) { value = Atomic(isFailing) }
    }
}
