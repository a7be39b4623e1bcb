import Mail
import Spool
import Synchronization
import TestKit
import Testing

@testable import History
@testable import Postgres

/// A place for runs of each kind, with what a test can do to it.
struct RunStage {
    enum Kind: CaseIterable {
        case directory, database
    }

    static let hash = KeyedHash(key: 1, 2)

    let place: any RunPlace
    let server: PostgresServer?
    let directory: TemporaryDirectory

    init(_ kind: Kind, connect: PostgresPool.Connect? = nil) throws {
        directory = try TemporaryDirectory()
        switch kind {
        case .directory:
            server = nil
            place = RunDirectory(in: directory.path, SystemFileLayer())
        case .database:
            let server = try PostgresServer(fsync: false)
            let settings = PostgresSettings(database: server.conninfo)
            self.server = server
            place = PostgresRuns(connect.map { PostgresPool(settings, connect: $0) } ?? PostgresPool(settings))
        }
        try place.prepare()
    }

    static func record(_ number: Int, to address: String? = nil, reply: String = "250 2.0.0 ok") -> HistoryRecord {
        let at = Timestamp(milliseconds: 1_800_000_000_000 + Int64(number) * 1000)
        return HistoryRecord(
            queueID: QueueID(rawValue: Int64(number) << 20), receivedAt: at, finishedAt: at + .milliseconds(250),
            size: 1000, sender: "app@example.org", messageID: "<\(number)@example.org>", user: nil,
            recipients: [
                HistoryRecord.Recipient(
                    address: address ?? "r\(number)@example.net", outcome: .delivered, failureClass: nil,
                    upstream: "ses", route: "default", stream: "default", reply: reply, attempts: 1,
                    firstAttemptAt: at, finishedAt: at + .milliseconds(250))
            ])
    }

    /// Writes records into a draft.
    static func fill(_ draft: any RunDraft, _ records: [HistoryRecord], first: Int) throws -> RunHeader {
        let writer = RunWriter(draft, first: first, hash: hash)
        for record in records {
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            try writer.add(bytes, count: 1)
        }
        return try writer.finish()
    }

    @discardableResult
    func write(_ records: [HistoryRecord], first: Int = 1) throws -> Run {
        let draft = try place.draft()
        return try draft.publish(try Self.fill(draft, records, first: first))
    }

    static func records(_ count: Int) -> [HistoryRecord] {
        (0..<count).map { record($0, reply: "250 2.0.0 ok " + String(repeating: "x", count: 100)) }
    }

    /// What a reader finds in a run.
    func read(_ run: Run) throws -> [HistoryRecord?] {
        let reader = try RunReader(place.open(run.path))
        return try (0..<reader.header.count).map { try reader.with($0) { RecordView($0)?.record } ?? nil }
    }

    /// All that a search finds, newest first.
    func search(_ filter: HistoryFilter = HistoryFilter(), in storage: (any RunPlace)? = nil) throws -> HistoryPage {
        let runs = try place.runs()
        let place = HistorySearch.Place(
            runs: { runs.runs }, unreadable: { runs.problems }, hash: Self.hash, storage: storage ?? place,
            oldest: .distantPast, notice: { _ in })
        return try HistoryPage.find(
            filter, in: place, NoDepartures(), before: nil, limit: .max, time: .seconds(3600))
    }
}

/// A spool in which nothing is left.
final class NoDepartures: DepartureRows {
    func reading<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result { try body() }
    func range() -> ClosedRange<Int>? { nil }
    func contentRange() -> ClosedRange<Int>? { nil }
    func batches(after number: Int, limit: Int) -> [DepartureBatch] { [] }
    func batches(before number: Int, limit: Int) -> [DepartureBatch] { [] }
    func oldest(limit: Int) -> [(last: Int, at: Timestamp, octets: Int)] { [] }
    func contentEnd(octets: Int) -> Int? { nil }
}

/// A connection that breaks once, before or after the database has done what it was told.
final class BreakingConnections: Sendable {
    private let state = Mutex<(left: Int, isAfter: Bool)>((.max, false))
    private let count = Mutex(0)

    /// Statements run so far, in groups.
    var groups: Int { count.withLock { $0 } }

    func breakAt(_ group: Int, isAfter: Bool) { state.withLock { $0 = (group, isAfter) } }

    var connect: PostgresPool.Connect {
        { settings throws(PostgresError) in
            Session(try PostgresConnector.connect(settings), self)
        }
    }

    private final class Session: PostgresSession {
        private let inner: any PostgresSession
        private let owner: BreakingConnections

        init(_ inner: any PostgresSession, _ owner: BreakingConnections) { (self.inner, self.owner) = (inner, owner) }

        var onSilence: (@Sendable () -> Void)? {
            get { inner.onSilence }
            set { inner.onSilence = newValue }
        }
        var process: Int { inner.process }
        var serverVersion: Int { inner.serverVersion }
        var isReady: Bool { inner.isReady }

        func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
            owner.count.withLock { $0 += 1 }
            let (isDue, isAfter) = owner.state.withLock { state in
                state.left -= 1
                return (state.left == -1, state.isAfter)
            }
            guard isDue else { return try inner.run(queries) }
            if isAfter { _ = try inner.run(queries) }
            throw PostgresError(.connection, "the connection broke")
        }
    }
}
