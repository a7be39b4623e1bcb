import Foundation
import Mail
import TestKit
import Testing

@testable import Spool

@Suite("Power cuts and kills, at every write of a recorded run", .timeLimit(.minutes(10)))
struct PowerCutTests {
    @Test("leave what was answered, and nothing that was not asked for", arguments: [1, 2] as [UInt64])
    func everyPrefix(seed: UInt64) async throws {
        let run = try RecordedRun(seed: seed)
        let entries = await run.record(steps: 70)
        var cuts = Cuts(entries, from: run.path, seed: seed)
        // What is written before anything was asked makes the spool.
        try await cuts.check(from: entries.firstIndex { if case .mark = $0 { true } else { false } } ?? 0)
        #expect(cuts.checked > 300)
    }

    @Test("around a compaction do the same", arguments: [1, 2] as [UInt64])
    func compaction(seed: UInt64) async throws {
        let run = try RecordedRun(seed: seed)
        let entries = await run.recordCompaction()
        var cuts = Cuts(entries, from: run.path, seed: seed, ends: [.nothing, .torn])
        try await cuts.check(from: 0)
        #expect(cuts.checked > 100)
    }

    @Test("during the recovery from a kill do the same", arguments: [1, 2] as [UInt64])
    func recovery(seed: UInt64) async throws {
        let run = try RecordedRun(seed: seed)
        let entries = await run.record(steps: 70)
        var books = SpoolBooks()
        var image = DiskImage()
        for entry in entries {
            image.add(entry)
            if case .mark(let mark) = entry { books.add(mark) }
        }
        try #require(books.accounts.values.contains { $0.hasSentDot && $0.submitted == nil && !$0.mayBeGone })
        let directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        var random = SeededGenerator(seed: seed)
        try image.write(after: .kill, random: &random, from: run.path, to: directory.path)
        let log = DiskLog()
        try log.adopt(directory.path)
        let adopted = log.entries.count
        RecordingVFS.record(directory.path, in: log)
        let spool = try SQLiteSpool.open(
            RecordedRun.settings(path: directory.path), tuning: RecordedRun.tuning(recording: true),
            files: RecordingFileLayer(log: log), clock: { Timestamp(milliseconds: 6_000_000) }, events: { _ in })
        let recovery = log.entries
        await spool.close()
        var cuts = Cuts(recovery, from: directory.path, seed: seed, books: books, ends: [.kill, .torn, .nothing])
        try await cuts.check(from: adopted)
        #expect(cuts.checked > 10)
    }
}

/// Ends of a recorded run: at each change of the disk and each answer, in turn by a kill and by kinds of power cuts.
private struct Cuts {
    private let entries: [DiskLog.Entry]
    private let path: String
    private let ends: [DiskImage.End]
    private var books: SpoolBooks
    private var random: SeededGenerator
    private var image = DiskImage()
    private(set) var checked = 0

    init(
        _ entries: [DiskLog.Entry], from path: String, seed: UInt64, books: SpoolBooks = SpoolBooks(),
        ends: [DiskImage.End] = DiskImage.End.allCases
    ) {
        self.entries = entries
        self.path = path
        self.books = books
        self.ends = ends
        random = SeededGenerator(seed: seed)
    }

    mutating func check(from first: Int) async throws {
        for (number, entry) in entries.enumerated() {
            image.add(entry)
            if case .mark(let mark) = entry { books.add(mark) }
            guard number >= first else { continue }
            try await check(number, after: ends[checked % ends.count])
        }
    }

    private mutating func check(_ number: Int, after end: DiskImage.End) async throws {
        checked += 1
        let directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        try image.write(after: end, random: &random, from: path, to: directory.path)
        let place: Comment = "\(end) behind entry \(number) of \(entries.count): \(entries[number].summary)"
        do {
            let spool = try SQLiteSpool.open(
                RecordedRun.settings(path: directory.path), tuning: RecordedRun.tuning(recording: false),
                clock: { Timestamp(milliseconds: 7_000_000) }, events: { _ in })
            await spool.close()
            #expect(try books.faults(of: directory.path, after: end) == [], place)
        } catch {
            Issue.record(error, place)
        }
    }
}

extension DiskLog.Entry {
    /// In few words.
    fileprivate var summary: String {
        switch self {
        case .write(let inode, let offset, let bytes): "\(bytes.count) octets to file \(inode) at \(offset)"
        case .store, .truncate, .extend, .sync, .name, .unname, .rename, .syncNames, .mark: "\(self)"
        }
    }
}
