import Mail
import Spool
import Synchronization
import TestKit
import Testing

@testable import History
@testable import Postgres

@Suite("A place for runs of the history")
struct RunPlaceTests {
    @Test("gives back what was written, of one part and of many", arguments: RunStage.Kind.allCases, [1, 300, 3000])
    func records(kind: RunStage.Kind, count: Int) throws {
        let stage = try RunStage(kind)
        let records = RunStage.records(count)
        let run = try stage.write(records, first: 10)
        #expect(run.header.last == 9 + count)
        #expect(try stage.place.runs().runs == [run])
        #expect(try stage.read(run) == records)
        #expect(try stage.search().records.map(\.record) == records.reversed())
        var filter = HistoryFilter()
        filter.recipient = HistoryText("r\(count / 2)@example.net")
        #expect(try stage.search(filter).records.map(\.number) == [10 + count / 2])
    }

    @Test("has a run whole or not at all, and nothing of one that was not finished", arguments: RunStage.Kind.allCases)
    func whole(kind: RunStage.Kind) throws {
        let stage = try RunStage(kind)
        let records = RunStage.records(1500)
        let draft = try stage.place.draft()
        let header = try RunStage.fill(draft, records, first: 1)
        #expect(try stage.place.runs().runs.isEmpty)
        let run = try draft.publish(header)
        #expect(try stage.read(run) == records)

        _ = try RunStage.fill(stage.place.draft(), records, first: 1501)
        try stage.place.prepare()
        #expect(try stage.place.runs().runs == [run])
        #expect(try stage.server?.execute("SELECT count(DISTINCT run) FROM posthorse.history_run_part") ?? "1" == "1")
        let other = try stage.place.draft()
        _ = try RunStage.fill(other, records, first: 1501)
        other.discard()
        #expect(try stage.server?.execute("SELECT count(DISTINCT run) FROM posthorse.history_run_part") ?? "1" == "1")
    }

    @Test("replaces and removes runs, oldest first", arguments: RunStage.Kind.allCases)
    func replaced(kind: RunStage.Kind) throws {
        let stage = try RunStage(kind)
        let second = try stage.write(RunStage.records(700), first: 501)
        try stage.write(RunStage.records(500))
        let other = (0..<500).map { RunStage.record($0, to: "other@example.net") }
        let first = try stage.write(other)
        #expect(try stage.place.runs().runs == [first, second])
        #expect(try stage.read(first) == other)
        try stage.place.remove(first)
        #expect(!stage.place.has(first.path))
        #expect(stage.place.has(second.path))
        #expect(throws: SpoolError.self) { try stage.place.open(first.path) }
        #expect(try stage.place.runs().runs == [second])
        #expect(try stage.read(second) == RunStage.records(700))
    }

    /// Replaces a run once somebody has read this many pieces of it.
    private struct Replacing: RunPlace {
        final class Source: RunSource {
            let inner: any RunSource
            var left: Int
            let replace: () -> Void
            init(_ inner: any RunSource, _ left: Int, _ replace: @escaping () -> Void) {
                (self.inner, self.left, self.replace) = (inner, left, replace)
            }
            var path: String { inner.path }
            func read(_ count: Int, at offset: Int) throws(SpoolError) -> [UInt8] {
                left -= 1
                if left == 0 { replace() }
                return try inner.read(count, at: offset)
            }
        }

        let inner: any RunPlace
        let reads: Int
        let replace: @Sendable () -> Void

        var space: Int? { nil }
        var remedy: String { "" }
        func prepare() {}
        func openKey(_ notice: (String) -> Void) throws(SpoolError) -> KeyedHash { try inner.openKey(notice) }
        func runs() throws(SpoolError) -> (runs: [Run], problems: [UnreadableRun]) { try inner.runs() }
        func has(_ path: String) -> Bool { inner.has(path) }
        func open(_ path: String) throws(SpoolError) -> any RunSource { Source(try inner.open(path), reads, replace) }
        func draft() throws(SpoolError) -> any RunDraft { try inner.draft() }
        func remove(_ run: Run) throws(SpoolError) { try inner.remove(run) }
    }

    @Test(
        "shows every record of a run once that is replaced amid a search", arguments: RunStage.Kind.allCases,
        [2, 5, 12])
    func replacedMeanwhile(kind: RunStage.Kind, reads: Int) throws {
        let stage = try RunStage(kind)
        let records = RunStage.records(2000)
        try stage.write(records)
        let isDone = Mutex(false)
        let place = Replacing(inner: stage.place, reads: reads) {
            if !isDone.withLock({ $0 }) { _ = try? stage.write(records) }
            isDone.withLock { $0 = true }
        }
        let page = try stage.search(in: place)
        #expect(page.problems.isEmpty)
        #expect(page.records.map(\.number) == (1...2000).reversed())
    }

    @Test("loses an address that is erased, and nothing else", arguments: RunStage.Kind.allCases)
    func erased(kind: RunStage.Kind) throws {
        let stage = try RunStage(kind)
        let records = (0..<1500).map {
            RunStage.record(
                $0, to: $0 % 100 == 7 ? "ann@example.com" : nil, reply: "250 " + String(repeating: "x", count: 99))
        }
        let run = try stage.write(records)
        let recorder = HistoryRecorder(places: { _, _ in ("default", "default") }, hashed: nil)
        let opened = HistoryStore.Opened(place: stage.place, hash: RunStage.hash, recorder: recorder)
        var eraser = RunEraser("Ann@example.com", opened)
        #expect(try Set(eraser.numbers(in: run)) == Set(stride(from: 8, through: 1500, by: 100)))
        let new = try #require(try eraser.erase(from: run))
        #expect(eraser.erased == 15)
        #expect(new.path == run.path)
        #expect(try stage.place.runs().runs == [new])
        let left = try stage.read(new)
        for (row, record) in records.enumerated() where row % 100 != 7 { #expect(left[row] == record) }
        #expect(left.filter { $0?.recipients.first?.address == nil }.count == 15)
        var other = RunEraser("ann@example.com", opened)
        #expect(try other.erase(from: new) == nil)
    }

    @Test("has one key, until that is damaged", arguments: RunStage.Kind.allCases)
    func key(kind: RunStage.Kind) throws {
        let stage = try RunStage(kind)
        var notices: [String] = []
        let key = try stage.place.openKey { notices.append($0) }
        #expect(try stage.place.openKey { notices.append($0) } == key)
        #expect(notices.isEmpty)
        switch kind {
        case .directory: try Array<UInt8>(repeating: 1, count: 5).write(to: stage.directory.path + "/history/key")
        case .database:
            try #require(stage.server).execute(
                "UPDATE posthorse.document SET content = '\\x0102' WHERE name = 'history.key'")
        }
        let other = try stage.place.openKey { notices.append($0) }
        #expect(other != key)
        #expect(notices.count == 1)
        #expect(try stage.place.openKey { notices.append($0) } == other)
    }
}

extension [UInt8] {
    fileprivate func write(to path: String) throws {
        let files = SystemFileLayer()
        let file = files.open(path, 0o1 | 0o1000)
        defer { _ = files.close(file) }
        try withUnsafeBytes { try files.writeAll($0, to: file, at: 0, of: path) }
    }
}
