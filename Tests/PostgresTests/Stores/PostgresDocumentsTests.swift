import Mail
import Synchronization
import TestKit
import Testing

@testable import Delivery
@testable import Postgres

@Suite("Documents in PostgreSQL", .ownThread)
struct PostgresDocumentsTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private let database: TestDatabase
    private let documents: PostgresDocuments

    init() throws {
        let database = try TestDatabase(DocumentTables.sql)
        self.database = database
        documents = PostgresDocuments(database.pool, now: { Self.now })
    }

    @Test("are what was written last")
    func replacement() throws {
        #expect(try documents.read("a.json", limit: 10) == nil)
        for content: [UInt8] in [[1, 0, 255], [], [7]] {
            try documents.replace("a.json", with: content)
            #expect(try documents.read("a.json", limit: 10) == content)
        }
        try documents.replace("b.json", with: [2])
        #expect(try documents.read("a.json", limit: 10) == [7])
    }

    @Test("of more octets than expected are not read")
    func limit() throws {
        try documents.replace("a.json", with: [1, 2, 3])
        #expect(try documents.read("a.json", limit: 3) == [1, 2, 3])
        let error = #expect(throws: SystemFileError.self) { try documents.read("a.json", limit: 2) }
        guard case .tooLong(limit: 2)? = error else { throw try #require(error) }
    }

    @Test("are set aside in place of the last that was")
    func aside() throws {
        for content: [UInt8] in [[1], [2]] {
            try documents.replace("a.json", with: content)
            #expect(documents.setAside("a.json") == "a.json.broken in the database")
            #expect(try documents.read("a.json", limit: 10) == nil)
            #expect(try documents.read("a.json.broken", limit: 10) == content)
        }
        database.plan.setAway(true)
        #expect(documents.setAside("a.json") == nil)
    }

    @Test("are the old or the new ones, wherever the connection is lost", arguments: BreakPlan.Moment.allCases)
    func lost(_ moment: BreakPlan.Moment) throws {
        try documents.replace("a.json", with: [1])
        database.plan.lose(1, moment)
        try documents.replace("a.json", with: [2])
        #expect(try documents.read("a.json", limit: 10) == [2])
        database.plan.lose(1, moment, isLasting: true)
        #expect(throws: SystemFileError.self) { try documents.replace("a.json", with: [3]) }
        database.plan.setAway(false)
        #expect(try documents.read("a.json", limit: 10) == (moment == .after ? [3] : [2]))
        try documents.replace("a.json", with: [4])
        #expect(try documents.read("a.json", limit: 10) == [4])
    }

    @Test("are not replaced by a version that was held up, but by one of a relay whose clock is behind")
    func versions() throws {
        try documents.replace("a.json", with: [1])
        try database.pool.use { session throws(PostgresError) in
            _ = try session.run(
                PostgresStatement("", "UPDATE document SET changed_at = changed_at + 3600000, content = '\\x02'"))
        }
        try documents.replace("a.json", with: [3])
        #expect(try documents.read("a.json", limit: 10) == [3])
        let rows = try database.rows("SELECT changed_at FROM document")
        #expect(rows == ["\(Self.now.milliseconds + 3_600_001)"])
        let late = PostgresDocuments(database.pool, now: { Self.now })
        try late.replace("a.json", with: [4])
        #expect(try documents.read("a.json", limit: 10) == [4])
    }

    @Test("keep what operators have ordered; without a database nothing starts, and orders are unsaved")
    func overrides() async throws {
        let told = Mutex<[AdminOverrideStore.Event]>([])
        func open() throws -> AdminOverrideStore {
            try AdminOverrideStore(documents, upstreams: ["ses"], now: Self.now) { event in
                told.withLock { $0.append(event) }
            }
        }
        let disabled = AdminOverride(state: .disabled, reason: "paused", since: Self.now)
        let store = try open()
        store.save(["ses": disabled])
        await store.flush()
        #expect(try open().overrides == ["ses": disabled])
        database.plan.setAway(true)
        store.save([:])
        await store.flush()
        #expect(store.unsaved?.contains("nobody answers at db.example") == true)
        guard case .unwritable("upstreams.json in the database", _)? = told.withLock(\.last) else {
            throw DocumentProblem(told: told.withLock(\.self))
        }
        let error = #expect(throws: AdminOverrideError.self) { try open() }
        #expect(error?.message.contains("it says which upstreams get no mail") == true)
        database.plan.setAway(false)
        store.save([:])
        await store.flush()
        #expect(store.unsaved == nil)
        #expect(try open().overrides.isEmpty)
    }

    @Test("that are broken are set aside, and said to be")
    func broken() throws {
        try documents.replace(QuotaStore.fileName, with: Array("{".utf8))
        let told = Mutex<[QuotaStore.Event]>([])
        #expect(try QuotaStore(documents) { event in told.withLock { $0.append(event) } }.records.isEmpty)
        #expect(
            told.withLock(\.self) == [
                .unreadable(
                    path: "quotas.json in the database", reason: "it is not what was written",
                    keptAt: "quotas.json.broken in the database")
            ])
        database.plan.setAway(true)
        #expect(throws: QuotaStoreError.self) { try QuotaStore(documents) { _ in } }
        #expect(throws: AdminOverrideError.self) { try StreamStore(documents) { _ in } }
        #expect(throws: SystemFileError.self) { try RelayClock(documents) }
    }

    private struct DocumentProblem: Error {
        let told: [AdminOverrideStore.Event]
    }
}
