import Foundation
import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

@Suite("Segments", .timeLimit(.minutes(10)))
struct SegmentTests {
    private var tuning: SpoolTuning {
        var tuning = SpoolTuning.quick
        tuning.inlineLimit = 100
        tuning.segmentSize = 10_000
        tuning.partSize = 700
        return tuning
    }

    private func accept(_ count: Int, _ user: SpoolUser) async -> [QueueID] {
        var ids: [QueueID] = []
        for index in 0..<count {
            ids.append(user.spool.makeQueueID(at: Timestamp(milliseconds: 1)))
            #expect(await user.accept(.sample(ids[index], .content(1000, seed: UInt8(index)))) == nil)
        }
        return ids
    }

    @Test("are overwritten or removed when nothing in them is live")
    func recycling() async throws {
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        for _ in 0..<20 {
            for id in await accept(25, user) { await user.perform(.remove(id)) }
        }
        #expect(user.files.segmentUse.isEmpty)
        let files = try FileManager.default.contentsOfDirectory(atPath: user.directory.path + "/spool/segments")
        #expect(files.count <= 8, "500,000 octets went through segments of 10,000")
        await user.spool.close()
    }

    @Test("are not overwritten under a reader")
    func pinned() async throws {
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning)
        let first = await accept(1, user)[0]
        let reader = try #require(try await user.spool.openContent(of: first))
        for _ in 0..<5 {
            for id in await accept(25, user) { await user.perform(.remove(id)) }
        }
        #expect(try await user.bytes(reader) == NewMessage.header + .content(1000, seed: 0))
        await user.perform(.remove(first))
        await user.spool.close()
    }

    @Test("that hold only what was given up, and were removed, are in nobody's way")
    func givenUp() throws {
        let directory = try TemporaryDirectory()
        var tuning = tuning
        tuning.spareSegments = 0
        let store = SegmentStore(directory: directory.path, files: SystemFileLayer(), tuning: tuning)
        var appender = SegmentAppender(store: store)
        let octets = [UInt8].content(6000)
        let extents = try (0..<3).map { _ in try octets.withUnsafeBytes { try appender.append($0) } }
        store.dropped(Array(extents.dropLast()))
        store.removeDoomed()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1)
        try appender.sync()
        #expect(appender.unsynced.isEmpty)
    }

    @Test("that are empty make room for one that would not fit beside them")
    func emptyOnes() throws {
        let directory = try TemporaryDirectory()
        var tuning = tuning
        tuning.smallestSegment = 10_000
        tuning.spareSegments = 1
        let volume = SmallVolume(directory.path, capacity: 600_000)
        let store = SegmentStore(directory: directory.path, files: volume, tuning: tuning)
        var appender = SegmentAppender(store: store)
        func append(_ count: Int) throws -> Extent {
            try [UInt8].content(count).withUnsafeBytes { try appender.append($0) }
        }
        store.dropped(try (0..<7).map { _ in try append(9000) })
        // Nothing has removed the empty ones yet, and they leave less than this.
        #expect(volume.used == 70_000)
        #expect(try append(50_000).offset == 0)
        #expect(throws: SpoolError.self) { try append(60_000) }
    }

    @Test("that a few old messages pin are compacted, and the messages stay intact")
    func compaction() async throws {
        let directory = try TemporaryDirectory()
        var tuning = tuning
        tuning.maintenanceInterval = .seconds(3600)
        var user = try SpoolUser(directory, tuning: tuning)
        let ids = await accept(40, user)
        let kept = stride(from: 0, to: 40, by: 10).map { ids[$0] }
        for id in ids where !kept.contains(id) { await user.perform(.remove(id)) }
        let before = user.files.segmentUse
        #expect(before.count >= 4)
        while user.files.segmentUse.keys.contains(1) || user.files.segmentUse.keys.contains(2) {
            user.files.requestMaintenance()
            await user.barrier()
            await Task.yield()
        }
        for (index, id) in kept.enumerated() {
            #expect(try await user.storedBytes(id) == NewMessage.header + .content(1000, seed: UInt8(index * 10)))
        }
        await user.spool.close()
        user = try SpoolUser(directory, tuning: tuning)
        for (index, id) in kept.enumerated() {
            #expect(try await user.storedBytes(id) == NewMessage.header + .content(1000, seed: UInt8(index * 10)))
        }
        // Copies of a compaction that started at the beginning count until the rows refer to them.
        while user.files.segmentUse.values.reduce(0, +) > 4000 { await user.barrier() }
        #expect(user.files.segmentUse.values.reduce(0, +) == 4000)
        await user.spool.close()
    }

    @Test("merge adjacent extents, and read their column back")
    func extents() {
        var extents: [Extent] = []
        extents.append(merging: Extent(segment: 1, offset: 0, length: 10))
        extents.append(merging: Extent(segment: 1, offset: 10, length: 5))
        extents.append(merging: Extent(segment: 1, offset: 20, length: 5))
        extents.append(merging: Extent(segment: 2, offset: 25, length: 5))
        #expect(extents.map(\.length) == [15, 5, 5])
        let encoded = extents.encoded
        #expect(encoded.withUnsafeBytes { [Extent](encoded: $0) } == extents)
        #expect(encoded.dropLast().withUnsafeBytes { [Extent](encoded: $0) } == nil)
    }
}
