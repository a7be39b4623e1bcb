import Mail
import TestKit
import Testing

@testable import Spool

@Suite("A message whose commit could not be synced", .timeLimit(.minutes(10)))
struct FailedSyncTests {
    /// The failed commit is whole in the log's file, so the next start would believe it.
    @Test("is refused, and does not come back", arguments: [1, 2, 1000], DiskImage.End.allCases)
    func refused(failures: Int, end: DiskImage.End) async throws {
        let directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        let path = directory.path + "/spool"
        let log = DiskLog()
        RecordingVFS.record(path, in: log)
        var tuning = RecordedRun.tuning(recording: true)
        tuning.retryInterval = .seconds(3600)
        // A checkpoint would sync too, on another thread, and take the failure.
        tuning.checkpointPages = 4000
        let user = try SpoolUser(directory, tuning: tuning, files: RecordingFileLayer(log: log))
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.accept(.sample(ids[0], .content(200))) == nil)
        RecordingVFS.failSyncs(failures, below: path)
        #expect(await user.accept(.sample(ids[1], .content(200, seed: 2)))?.code == .inputOutput)
        var image = DiskImage()
        for entry in log.entries { image.add(entry) }
        RecordingVFS.failSyncs(0, below: path)
        await user.spool.close()

        let next = try TemporaryDirectory(below: TemporaryDirectory.memory)
        var random = SeededGenerator(seed: 1)
        try image.write(after: end, random: &random, from: path, to: next.path)
        let reopened = try SQLiteSpool.open(
            RecordedRun.settings(path: next.path), tuning: RecordedRun.tuning(recording: false), events: { _ in })
        #expect(try await reopened.list(after: nil, limit: 10).map(\.id) == [ids[0]])
        await reopened.close()
    }
}
