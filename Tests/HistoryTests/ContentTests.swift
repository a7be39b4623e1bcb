import Foundation
import Mail
import Spool
import TestKit
import Testing

@testable import History

@Suite("Content that the history keeps", .timeLimit(.minutes(10)))
struct ContentTests {
    /// In a segment.
    private static func large(_ number: Int) -> String { String(repeating: "\(number % 10)", count: 40_000) + "\r\n" }
    private static func small(_ number: Int) -> String { "Subject: \(number)\r\n\r\n" }
    /// Every other message is large.
    private static func content(_ number: Int) -> String { number.isMultiple(of: 2) ? large(number) : small(number) }

    private static func stage(
        _ directory: TemporaryDirectory? = nil, entries: Int = 1000,
        _ change: (inout HistorySettings, inout HistoryTuning) -> Void = { _, _ in }
    ) throws -> Stage {
        try Stage(directory, entries: entries) { settings, tuning in
            settings.content = true
            change(&settings, &tuning)
        }
    }

    private static func deliver(_ count: Int, to address: String = "ann@example.com", on stage: Stage) async {
        for number in 0..<count { await stage.deliver([address], content: content(number)) }
    }

    private static func expected(_ numbers: some Sequence<Int>) -> [String?] {
        numbers.reversed().map { Stage.header + content($0) }
    }

    @Test("is that of each message, from the spool and from runs, after a restart, and of a stopped relay")
    func kept() async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: 4)
        await Self.deliver(10, on: first)
        try await first.wait { try first.store.runs.count == 2 && first.entriesInSpool() == 9...10 }
        #expect(try await first.contents() == Self.expected(0..<10))
        #expect(first.spool.segmentUse.values.reduce(0, +) == 5 * 40_002)
        #expect(first.spool.keptOctets == (0..<10).reduce(0) { $0 + (Stage.header + Self.content($1)).utf8.count })
        let now = first.now
        await first.close()
        let stopped = try StoppedHistory(path: directory.path + "/spool", keep: .seconds(86_400), now: now)
        #expect(try await stopped.content(of: 3) == Stage.header + Self.large(2))
        #expect(try await stopped.content(of: 4) == Stage.header + Self.small(3))
        #expect(try await stopped.content(of: 11) == nil)
        let stage = try Self.stage(directory, entries: 4)
        stage.now = now + .seconds(1)
        #expect(try await stage.contents() == Self.expected(0..<10))
        #expect(stage.spool.segmentUse.values.reduce(0, +) == 5 * 40_002)
        await stage.deliver(["bob@example.com"], content: Self.large(7))
        #expect(try await stage.contents().first == Stage.header + Self.large(7))
        await stage.close()
    }

    @Test("is not kept unless that is asked for, nor without an entry")
    func off() async throws {
        let stage = try Stage()
        await Self.deliver(4, on: stage)
        #expect(try await stage.contents() == [nil, nil, nil, nil])
        #expect(stage.spool.segmentUse.isEmpty)
        await stage.close()
        let none = try Self.stage { settings, _ in settings.keep = .zero }
        await Self.deliver(4, on: none)
        #expect(none.spool.keptOctets == 0 && none.spool.segmentUse.isEmpty)
        await none.close()
    }

    @Test("stays when content = false is set, until its entry goes; then it goes too", arguments: [2, 1000])
    func keep(entries: Int) async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: entries) { settings, _ in settings.keep = .seconds(1000) }
        await Self.deliver(6, on: first)
        let start = first.now
        await first.close()
        let stage = try Stage(directory, entries: entries) { settings, _ in settings.keep = .seconds(1000) }
        stage.now = start + .seconds(900)
        await stage.deliver(["bob@example.com"])
        #expect(try await stage.contents() == [nil] + Self.expected(0..<6))
        stage.now = start + .seconds(1100)
        await stage.wait { stage.spool.keptOctets == 0 }
        #expect(stage.spool.segmentUse.isEmpty)
        #expect(try await stage.search().count == 1)
        await stage.close()
    }

    @Test("goes before entries, down to half of max_bytes, the oldest first")
    func maxBytes() async throws {
        let stage = try Self.stage { settings, _ in settings.maxOctets = 500_000 }
        for number in 0..<20 { await stage.deliver(["ann@example.com"], content: Self.large(number)) }
        await stage.wait { stage.spool.keptOctets + stage.spool.departureOctets <= 500_000 }
        let contents = try await stage.contents()
        #expect(contents.count == 20)
        let left = contents.prefix { $0 != nil }
        #expect((6...12).contains(left.count))
        #expect(contents.dropFirst(left.count).allSatisfy { $0 == nil })
        #expect(left.first == Stage.header + Self.large(19))
        await stage.close()
    }

    @Test("goes altogether before the last run does")
    func lastRun() async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: 10)
        let text = String(repeating: "x", count: 2000) + "\r\n"
        for _ in 0..<10 { await first.deliver(["ann@example.com"], content: text) }
        try await first.wait { try first.store.runs.count == 1 && first.entriesInSpool() == nil }
        let (run, content, now) = (first.store.runs[0].header.octets, first.spool.keptOctets, first.now)
        await first.close()
        #expect(content < run + content / 4)
        let stage = try Self.stage(directory, entries: 10) { settings, _ in settings.maxOctets = run + content / 4 }
        stage.now = now
        await stage.wait { stage.spool.keptOctets <= content / 4 }
        let contents = try await stage.contents()
        #expect(contents.count == 10)
        #expect(contents.compactMap(\.self).count == 2)
        #expect(stage.notices.all == [])
        await stage.close()
    }

    @Test("that names a forgotten address goes with it; that of others stays", arguments: [2, 1000])
    func erase(entries: Int) async throws {
        let stage = try Self.stage(entries: entries)
        for number in 0..<6 {
            await stage.deliver(
                [number % 3 == 0 ? "ann@example.com" : "bob@example.com", "all@example.com"],
                content: Self.content(number))
        }
        #expect(try await stage.service.erase("Ann@example.com", isRehearsal: true) == 2)
        #expect(try await stage.contents() == Self.expected(0..<6))
        #expect(try await stage.service.erase("Ann@example.com", isRehearsal: false) == 2)
        var expected = Self.expected(0..<6)
        (expected[2], expected[5]) = (nil, nil)
        #expect(try await stage.contents() == expected)
        #expect(stage.spool.segmentUse.values.reduce(0, +) == 2 * 40_002)
        await stage.close()
    }

    /// A crash behind the removal of a run leaves content without an entry.
    @Test("goes if its entry has gone without it")
    func orphaned() async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: 4)
        await Self.deliver(8, on: first)
        try await first.wait { try first.store.runs.count == 2 && first.entriesInSpool() == nil }
        let (oldest, now) = (first.store.runs[0].path, first.now)
        await first.close()
        try FileManager.default.removeItem(atPath: oldest)
        let stage = try Self.stage(directory, entries: 4)
        stage.now = now
        await stage.wait { stage.spool.segmentUse.values.reduce(0, +) == 2 * 40_002 }
        #expect(try await stage.contents() == Self.expected(4..<8))
        await stage.close()
    }

    @Test("goes with a run that was moved away, while the relay runs or before it starts", arguments: [false, true])
    func moved(isRunning: Bool) async throws {
        let directory = try TemporaryDirectory()
        var stage = try Self.stage(directory, entries: 4)
        await Self.deliver(12, on: stage)
        try await stage.wait { try stage.store.runs.count == 3 && stage.entriesInSpool() == nil }
        let (middle, now) = (stage.store.runs[1].path, stage.now)
        if !isRunning { await stage.close() }
        try FileManager.default.removeItem(atPath: middle)
        if isRunning {
            #expect(try await stage.service.erase("bob@example.com", isRehearsal: true) == 0)
        } else {
            stage = try Self.stage(directory, entries: 4)
            stage.now = now
        }
        let left = stage
        await left.wait { left.spool.segmentUse.values.reduce(0, +) == 4 * 40_002 }
        #expect(try await left.contents() == Self.expected(Array(0..<4) + Array(8..<12)))
        await left.close()
    }

    @Test("keeps its number if everything else is gone, which no later entry gets")
    func numbers() async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: 1000)
        await Self.deliver(3, on: first)
        await first.service.close()
        // As the keeper has it done when all are too old, before it has the content go.
        first.spool.forgetDepartures(through: 3)
        try await first.wait { try first.entriesInSpool() == nil }
        await first.spool.close()
        let stage = try Self.stage(directory, entries: 1000)
        await stage.deliver(["bob@example.com"], content: Self.small(7))
        #expect(try await stage.contents() == [Stage.header + Self.small(7)])
        #expect(try stage.entriesInSpool() == 4...4)
        await stage.close()
    }

    @Test("is read where maintenance has moved it to")
    func compacted() async throws {
        let stage = try Self.stage { settings, _ in settings.content = true }
        for number in 0..<6 {
            await stage.deliver([number == 5 ? "ann@example.com" : "bob@example.com"], content: Self.large(number))
        }
        #expect(stage.spool.segmentUse.count == 1)
        let before = try #require(stage.spool.segmentUse.keys.first)
        await stage.deliver(["x@example.com"], content: String(repeating: "x", count: 250_000))
        #expect(try await stage.service.erase("bob@example.com", isRehearsal: false) == 5)
        while stage.spool.segmentUse.keys.contains(before) {
            stage.spool.requestMaintenance()
            await Task.yield()
        }
        #expect(try await stage.contents()[1] == Stage.header + Self.large(5))
        await stage.close()
    }

    @Test("that is damaged is an error, and no queued message is held for it")
    func damaged() async throws {
        let stage = try Self.stage()
        await stage.deliver(["ann@example.com"], content: Self.large(1))
        let path = stage.directory.path + "/spool/segments"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: path).first)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(path)/\(name)"))
        try file.write(contentsOf: Data("?".utf8))
        try file.close()
        await #expect(throws: SpoolError.self) { try await stage.contents() }
        #expect(try await stage.search().count == 1)
        await stage.close()
    }

    @Test("erasing says so if a run that cannot be read may still have the address")
    func unreadable() async throws {
        let directory = try TemporaryDirectory()
        let first = try Self.stage(directory, entries: 2)
        await Self.deliver(4, on: first)
        try await first.wait { try first.store.runs.count == 2 && first.entriesInSpool() == nil }
        let (path, now) = (first.store.runs[0].path, first.now)
        await first.close()
        try Data("no run".utf8).write(to: URL(fileURLWithPath: path))
        let stage = try Self.stage(directory, entries: 2)
        stage.now = now
        let error = await #expect(throws: SpoolError.self) {
            try await stage.service.erase("ann@example.com", isRehearsal: false)
        }
        let rehearsal = await #expect(throws: SpoolError.self) {
            try await stage.service.erase("nobody@example.com", isRehearsal: true)
        }
        #expect(rehearsal?.message.contains("would be erased from 0 entries") == true)
        #expect(rehearsal?.message.contains(path) == true)
        #expect(error?.message.contains("2 entries") == true && error?.message.contains(path) == true)
        #expect(try await stage.search { $0.recipient = HistoryText("ann@example.com") }.isEmpty)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await stage.service.erase("ann@example.com", isRehearsal: false) == 0)
        await stage.close()
    }
}
