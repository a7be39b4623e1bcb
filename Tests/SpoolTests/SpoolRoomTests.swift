import Foundation
import Mail
import TestKit
import Testing

@testable import Spool

@Suite("Room for mail", .timeLimit(.minutes(10)))
struct SpoolRoomTests {
    private static let mebi = 1 << 20

    /// Looks of its own only, however long the test takes.
    private var tuning: SpoolTuning {
        var tuning = SpoolTuning.quick
        tuning.maintenanceInterval = .seconds(3600)
        tuning.maxReserve = 4 * Self.mebi
        return tuning
    }

    private func makeUser(
        capacity: Int, minFreeSpace: Int = 0, tuning: SpoolTuning
    ) throws -> (SpoolUser, SmallVolume) {
        let directory = try TemporaryDirectory()
        let volume = SmallVolume(directory.path, capacity: capacity)
        let user = try SpoolUser(
            directory, settings: { $0.minFreeSpace = minFreeSpace }, tuning: tuning, files: volume)
        return (user, volume)
    }

    @Test("what accepted mail still needs is as good as taken")
    func owed() {
        let room = SpoolRoom(minFreeSpace: 1000, reserve: 400)
        let look = SpoolRoom.Measurement(
            free: 5000, freePages: 70, spares: 300, growth: 11, log: 40, missingReserve: 5, messages: 2)
        #expect(room.owed(look) == 11 + 60 + 5 + 1024)
        #expect(room.surplus(look) == 5000 + 300 + 70 - 1100 - 1000)
    }

    @Test("pages to use again count, but half of min_free_space has to be really free")
    func freePages() {
        let room = SpoolRoom(minFreeSpace: 1 << 20, reserve: 0)
        #expect(room.surplus(.init(free: 700_000, freePages: 1 << 30)) == 700_000 - 1 << 19)
        #expect(room.isFull(.init(free: 500_000, freePages: 1 << 30), isRefusing: false))
    }

    @Test("mail is welcome again only with clearly more room than at the last refusal")
    func hysteresis() {
        let room = SpoolRoom(minFreeSpace: 16 << 20, reserve: 0)
        let (least, more) = (16 << 20 + SpoolRoom.least, 17 << 20 + SpoolRoom.least)
        #expect(room.isFull(.init(free: least - 1), isRefusing: false))
        #expect(!room.isFull(.init(free: least), isRefusing: false))
        #expect(room.isFull(.init(free: more - 1), isRefusing: true))
        #expect(!room.isFull(.init(free: more), isRefusing: true))
    }

    @Test("a group takes no more than the last look has found")
    func allowance() {
        var allowance = RoomAllowance()
        func take(_ octets: Int...) -> [Bool] { octets.map { allowance.take($0) } }
        #expect(take(1) == [false])
        allowance.looked(surplus: 1000, reserve: 0)
        #expect(take(600, 401, 400) == [true, false, true])
        allowance.looked(surplus: 1500, reserve: 0)
        #expect(take(501, 500) == [false, true])
        allowance.groupEnded(pages: 0)
        #expect(take(1500) == [true])
        allowance.limit(to: 100)
        #expect(take(1) == [false])
        allowance.groupEnded(pages: 1)
        #expect(take(1) == [false])
    }

    @Test("a burst between two looks at the free space cannot pass min_free_space")
    func burst() async throws {
        let (user, volume) = try makeUser(
            capacity: 24 * Self.mebi, minFreeSpace: 4 * Self.mebi, tuning: tuning)
        var accepted: [QueueID] = []
        var error: SpoolError?
        while error == nil, accepted.count < 10_000 {
            let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
            error = await user.accept(.sample(id, .content(8000)))
            if error == nil { accepted.append(id) }
            #expect(volume.capacity - volume.used >= 4 * Self.mebi)
        }
        #expect(error?.code == .full && user.spool.refusal?.code == .full)
        #expect(accepted.count > 1000, "room for 1,500 was left unused")
        // An outcome for each, the worst of them, leaves the checkpoint its room.
        let outcomes = accepted.map { id in
            let attempt = AttemptRecord(
                upstream: "a", startedAt: Timestamp(milliseconds: 2), endedAt: Timestamp(milliseconds: 3),
                recipients: [0], outcome: .deferred, phase: "dot", reply: "451 4.3.0 later")
            return SpoolOperation.settle(
                Settlement(id: id, recipients: [.sample(state: .deferred)], cycles: 1, attempt: attempt))
        }
        for start in stride(from: 0, to: outcomes.count, by: 20) {
            user.spool.submit(Array(outcomes[start..<min(start + 20, outcomes.count)]), from: user.port)
            await user.barrier()
        }
        #expect(volume.capacity - volume.used > 0)
        await user.spool.close()
        #expect(volume.capacity - volume.used > 0)
    }

    @Test("a volume smaller than a segment bears smaller ones")
    func smallSegments() async throws {
        let (user, volume) = try makeUser(capacity: 24 * Self.mebi, tuning: tuning)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(21_000))) == nil)
        #expect(try await user.storedBytes(id) == NewMessage.header + .content(21_000))
        #expect(volume.used < 12 * Self.mebi)
        await user.spool.close()
    }

    @Test("a message that does not fit is refused, and smaller ones are accepted at once")
    func onlyTheLargeOne() async throws {
        let (user, _) = try makeUser(capacity: 12 * Self.mebi, tuning: tuning)
        let ids = (0..<3).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        let name = ContentStream(port: user.port, number: 1)
        var error: SpoolError?
        for _ in 0..<200 where error == nil { error = await user.append(.content(100_000), to: name) }
        #expect(error?.code == .full)
        #expect(user.spool.refusal == nil)
        #expect(await user.accept(.sample(ids[0], .content(20_000_000), stream: name))?.code == .full)
        #expect(await user.accept(.sample(ids[1], .content(30_000))) == nil)
        #expect(await user.accept(.sample(ids[2], [1])) == nil)
        #expect(try await user.storedBytes(ids[1]) == NewMessage.header + .content(30_000))
        await user.spool.close()
    }

    @Test("max_bytes holds within a group")
    func limitWithinGroup() async throws {
        let user = try SpoolUser(TemporaryDirectory()) { $0.maxOctets = 10_000 }
        let new = (0..<20).map { _ in
            NewMessage.sample(user.spool.makeQueueID(at: Timestamp(milliseconds: 1)), .content(1000))
        }
        user.spool.submit(new.enumerated().map { .accept($1, ticket: UInt64(100 + $0)) }, from: user.port)
        await user.barrier()
        #expect(try await user.spool.list(after: nil, limit: 100).count == 10)
        await user.spool.close()
    }
}
