import Foundation
import Mail
import Synchronization
import TestKit
import Testing

@testable import Audit
@testable import Postgres

@Suite("The audit log in PostgreSQL", .ownThread)
struct PostgresAuditTests {
    private static let now = Timestamp(milliseconds: 1_795_255_200_123)

    private let database: TestDatabase
    private let directory: TestKit.TemporaryDirectory
    private let reported = Reported()

    private final class Reported: Sendable {
        let events = Mutex<[AuditEvent]>([])
    }

    init() throws {
        database = try TestDatabase(AuditTables.sql)
        directory = try TestKit.TemporaryDirectory()
    }

    private var rows: PostgresAudit { PostgresAudit(database.pool) }
    private var keyPath: String { directory.path + "/audit.key" }
    private var damages: Int { reported.events.withLock { $0.count { $0 == .damaged(path: "the database") } } }

    private func open() -> AuditLog {
        AuditLog(rows, keyDirectory: directory.path, now: { Self.now }) { [reported] event in
            reported.events.withLock { $0.append(event) }
        }
    }

    private func record(_ number: Int) -> AuditRecord {
        AuditRecord(
            at: Self.now + .seconds(number), who: "uid:1000", what: "upstream disable", subject: "ses\(number)",
            reason: "say \"no\"\nto Ünïcode")
    }

    private func subjects(_ log: AuditLog) async throws -> [String] {
        try await log.reader().records(AuditFilter()).map { "\($0.what) \($0.subject)" }
    }

    @Test("goes on after a restart, and verifies")
    func restart() async throws {
        for number in 0..<3 {
            let log = open()
            try await log.record([record(number), record(number + 10)])
            log.note(record(number + 20))
            await log.close()
        }
        let log = open()
        #expect(try await subjects(log).count == 10)
        #expect(try await log.reader().numberedRecords(AuditFilter()).map(\.number) == Array(1...10))
        let verification = try await log.reader().verify()
        #expect(verification.isSound && verification.lines == 10)
        await log.close()
        #expect(damages == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: keyPath)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("of many pages is read as a whole")
    func pages() async throws {
        let log = open()
        try await log.record((1...1200).map(record))
        let verification = try await log.reader().verify()
        #expect(verification.isSound && verification.lines == 1201)
        await log.close()
    }

    @Test(
        "shows what was changed or removed, also by who may write to the database",
        arguments: [
            "DELETE FROM audit WHERE number = 3",
            "UPDATE audit SET record = (SELECT record FROM audit WHERE number = 2) WHERE number = 3",
            "DELETE FROM audit WHERE number > 3",
            "DELETE FROM audit",
        ])
    func changed(_ sql: String) async throws {
        let log = open()
        for number in 1...4 { try await log.record([record(number)]) }
        _ = try database.rows(sql)
        try await log.record([record(5)])
        let verification = try await log.reader().verify()
        #expect(!verification.isSound)
        #expect(try await subjects(log).last == "upstream disable ses5")
        await log.close()
    }

    @Test("is not continued without its key, and says what to do")
    func withoutKey() async throws {
        var log = open()
        try await log.record([record(1)])
        await log.close()
        try FileManager.default.moveItem(atPath: keyPath, toPath: keyPath + ".kept")
        log = open()
        let error = await #expect(throws: AuditError.self) { try await log.record([record(2)]) }
        #expect(error?.message.contains("copy it from the relay that began the log") == true)
        try FileManager.default.moveItem(atPath: keyPath + ".kept", toPath: keyPath)
        try await log.record([record(3)])
        #expect(try await subjects(log) == ["audit begin audit log", "upstream disable ses1", "upstream disable ses3"])
        await log.close()
    }

    @Test("says that it was emptied between two starts")
    func emptied() async throws {
        var log = open()
        await log.close()
        _ = try database.rows("DELETE FROM audit")
        #expect(throws: AuditError.self) { try AuditReader(rows, keyPath: keyPath, upTo: nil) }
        log = open()
        let verification = try await log.reader().verify()
        #expect(verification.problems.first?.reason.contains("the log was empty") == true)
        await log.close()
    }

    @Test("is written by several relays with one key")
    func several() async throws {
        let first = open()
        let second = open()
        for number in 1...10 { try await (number.isMultiple(of: 3) ? first : second).record([record(number)]) }
        let verification = try await first.reader().verify()
        #expect(verification.isSound && verification.lines == 11)
        for log in [first, second] { await log.close() }
        #expect(damages == 0)
    }

    @Test("has an order that was answered, and none that was refused, wherever the connection is lost")
    func lost() async throws {
        let log = open()
        var answered = ["audit log"]
        for moment in BreakPlan.Moment.allCases {
            for step in 1...12 {
                let record = record(answered.count)
                database.plan.lose(step, moment)
                do {
                    try await log.record([record])
                    answered.append(record.subject)
                } catch {
                    #expect(error.code == .system)
                }
                database.plan.count()
            }
        }
        #expect(try await log.reader().records(AuditFilter()).map(\.subject) == answered)
        #expect(try await log.reader().verify().isSound)
        #expect(answered.count > 10)
        await log.close()
    }

    @Test("says that an order was refused whose record it has")
    func unsettled() async throws {
        let log = open()
        // Begin, insert, commit.
        database.plan.lose(3, .after, isLasting: true)
        let error = await #expect(throws: AuditError.self) { try await log.record([record(1)]) }
        #expect(error?.code == .unsettled)
        database.plan.setAway(false)
        try await log.record([record(2)])
        #expect(
            try await subjects(log) == [
                "audit begin audit log", "upstream disable ses1", "audit refused audit log", "upstream disable ses2",
            ])
        #expect(try await log.reader().verify().isSound)
        await log.close()
    }

    @Test("waits in memory with what the relay decides while the database is away, and keeps no relay from starting")
    func away() async throws {
        database.plan.setAway(true)
        let log = open()
        log.note(record(1))
        await #expect(throws: AuditError.self) { try await log.record([record(2)]) }
        database.plan.setAway(false)
        try await log.record([record(3)])
        #expect(
            try await subjects(log) == ["audit begin audit log", "upstream disable ses1", "upstream disable ses3"])
        await log.close()
        #expect(reported.events.withLock { $0.contains(.recovered(path: "the database")) })
    }
}
