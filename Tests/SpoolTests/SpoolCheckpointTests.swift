import Foundation
import Mail
import TestKit
import Testing

@testable import Spool

@Suite("Spool checkpoints", .timeLimit(.minutes(10)))
struct SpoolCheckpointTests {
    @Test("keep the log short while commits continue, and lose nothing")
    func bounded() async throws {
        let directory = try TemporaryDirectory()
        var tuning = SpoolTuning.quick
        tuning.checkpointPages = 40
        var user = try SpoolUser(directory, tuning: tuning)
        let log = directory.path + "/spool/spool.sqlite3-wal"
        var ids: [QueueID] = []
        for round in 0..<600 {
            ids.append(user.spool.makeQueueID(at: Timestamp(milliseconds: 1)))
            #expect(await user.accept(.sample(ids[round], .content(8000, seed: UInt8(round & 255)))) == nil)
        }
        let octets = try #require(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
        #expect(octets < 600 * 3 * 4096 / 2, "1,800 pages and more went through a log of 40")
        await user.spool.close()
        user = try SpoolUser(directory, tuning: tuning)
        for (round, id) in ids.enumerated() where round % 50 == 0 {
            #expect(try await user.storedBytes(id) == NewMessage.header + .content(8000, seed: UInt8(round & 255)))
        }
        #expect(try await user.spool.statistics(at: Timestamp(milliseconds: 1)).messages == 600)
        await user.spool.close()
    }

    @Test("start when the log has grown by the limit, once at a time, and again after the log was restarted")
    func plan() {
        var plan = CheckpointPlan()
        let before = [99, 100, 250].map { plan.shouldStart(pages: $0, limit: 100) }
        #expect(before == [false, true, false])
        plan.finished(pages: 260)
        let after = [359, 5, 105].map { plan.shouldStart(pages: $0, limit: 100) }
        #expect(after == [false, false, true])
    }
}
