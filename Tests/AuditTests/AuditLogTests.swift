import Foundation
import Mail
import TestKit
import Testing

@testable import Audit

@Suite("The audit log on disk")
struct AuditLogTests {
    @Test("a record is in the file when its order may be carried out, and the log goes on after a restart")
    func durable() async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        try await log.record([.example(1), .example(2)])
        #expect(try fixture.records().map(\.what) == ["audit begin", "upstream disable", "upstream disable"])
        #expect(try fixture.records().last == .example(2))
        await log.close()
        try await fixture.fill(1)
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses1", "ses2", "ses0"])
        #expect(try fixture.verify().isSound)
        let modes = try [fixture.path, fixture.keyPath].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o600, 0o600])
    }

    @Test("decisions of the relay follow soon, in their order, and at the latest with the end")
    func notes() async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        for number in 0..<50 { log.note(.example(number)) }
        await log.close()
        #expect(try fixture.records().dropFirst().map(\.subject) == (0..<50).map { "ses\($0)" })
        guard case .head(let head)? = fixture.events.last else { return #expect(Bool(false), "no head") }
        #expect(try fixture.verify(head: head).foundAt == 51)
    }

    @Test("after the end nothing is recorded")
    func closed() async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        await log.close()
        await #expect(throws: AuditError.self) { try await log.record([.example(1)]) }
        #expect(try fixture.records().count == 1)
    }

    // MARK: - A crash

    @Test("a record that was cut off anywhere is replaced by one that has what was there")
    func torn() async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(2)
        let octets = try fixture.octets()
        let start = try #require(octets.dropLast().lastIndex(of: 0x0A)) + 1
        let head = try #require(try fixture.verify().head)
        for length in start + 1..<octets.count {
            try fixture.write(octets.prefix(length))
            let log = fixture.open()
            try await log.record([.example(9)])
            await log.close()
            let records = try fixture.records()
            #expect(records.map(\.what).suffix(3) == ["upstream disable", "audit repair", "upstream disable"])
            #expect(records.dropLast().last?.before == String(decoding: octets[start..<length], as: UTF8.self))
            #expect(try fixture.verify().isSound && fixture.verify().repairs.count == 1)
            // That record was never answered; a head that had been shown would be missed.
            #expect(try !fixture.verify(head: head).isSound)
        }
        #expect(fixture.events.contains(.repaired(path: fixture.path, octets: 1)))
    }

    @Test("a last record with a block that never reached the disk is an unfinished one")
    func zeros() async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(2)
        var octets = try fixture.octets()
        for index in octets.count - 40..<octets.count - 1 { octets[index] = 0 }
        try fixture.write(octets)
        await fixture.open().close()
        #expect(try fixture.verify().isSound && fixture.verify().repairs.count == 1)
    }

    @Test("a whole last record that does not match is no accident: it stays, and is found")
    func tampered() async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(2)
        var octets = try fixture.octets()
        octets[octets.count - 10] ^= 1
        try fixture.write(octets)
        try await fixture.fill(1)
        #expect(fixture.events.contains(.damaged(path: fixture.path)))
        let result = try fixture.verify()
        #expect(result.problems.map(\.line) == [3] && result.lines == 4)
    }

    @Test("a log longer than the part that a start looks at goes on, too")
    func long() async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        try await log.record((0..<6000).map { .example($0) })
        await log.close()
        #expect(try fixture.octets().count > 1 << 20)
        try await fixture.fill(1)
        let result = try fixture.verify()
        #expect(result.isSound && result.lines == 6002)
        #expect(try fixture.records { $0.limit = 2 }.map(\.subject) == ["ses5999", "ses0"])
    }

    // MARK: - Trouble

    @Test("a log that is removed or moved away while it is open begins anew, and says so", arguments: [true, false])
    func gone(isMoved: Bool) async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        try await log.record([.example(1)])
        let head = try #require(try fixture.verify().head)
        let files = FileManager.default
        if isMoved {
            try files.moveItem(atPath: fixture.path, toPath: fixture.path + ".1")
        } else {
            try files.removeItem(atPath: fixture.path)
        }
        try await log.record([.example(2)])
        #expect(try fixture.records().map(\.what) == ["audit begin", "upstream disable"])
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses2"])
        #expect(fixture.events.contains(.begun(path: fixture.path, reason: "the log was missing")))
        let result = try fixture.verify(head: head)
        #expect(result.problems.map(\.line) == [1, 2] && result.problems[0].reason.contains("the log was missing"))
        await log.close()
    }

    @Test(
        "what cannot be written is refused and not in the log; decisions of the relay wait",
        arguments: ["write", "sync"])
    func full(call: String) async throws {
        let (fixture, storage) = (try AuditFixture(), FaultyAuditStorage())
        let log = fixture.open(storage)
        try await log.record([.example(1)])
        storage.fail([call])
        log.note(.example(2))
        let error = await #expect(throws: AuditError.self) { try await log.record([.example(3)]) }
        #expect(error?.message.contains("No space left") == true)
        #expect(try fixture.verify().isSound && fixture.records().map(\.subject) == ["audit log", "ses1"])
        storage.fail([])
        try await log.record([.example(4)])
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses1", "ses2", "ses4"])
        await log.close()
        #expect(try fixture.verify().isSound)
        let kinds = fixture.events.map { "\($0)".prefix { $0 != "(" } }
        #expect(kinds == ["begun", "unwritable", "recovered", "head"])
    }

    @Test("of more decisions than can wait, the number is recorded")
    func lost() async throws {
        let (fixture, storage) = (try AuditFixture(), FaultyAuditStorage())
        let log = fixture.open(storage)
        storage.fail(["write"])
        await #expect(throws: AuditError.self) { try await log.record([.example(0)]) }
        for number in 0..<AuditLog.mostNotes + 7 { log.note(.example(number)) }
        await #expect(throws: AuditError.self) { try await log.record([.example(0)]) }
        storage.fail([])
        try await log.record([.example(1)])
        await log.close()
        let records = try fixture.records()
        #expect(records.count == AuditLog.mostNotes + 3)
        #expect(records.dropLast().last?.reason?.hasPrefix("7 decisions of the relay are missing") == true)
        #expect(fixture.events.contains(.lost(7)))
    }

    @Test("without its key a log is not continued, and nothing can be ordered until it is back")
    func key() async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(1)
        let key = try Data(contentsOf: URL(fileURLWithPath: fixture.keyPath))
        try FileManager.default.removeItem(atPath: fixture.keyPath)
        let log = fixture.open()
        let error = await #expect(throws: AuditError.self) { try await log.record([.example(2)]) }
        #expect(error?.message.contains("audit.key is missing") == true)
        #expect(throws: AuditError.self) { try fixture.verify() }
        try key.write(to: URL(fileURLWithPath: fixture.keyPath))
        try await log.record([.example(3)])
        await log.close()
        #expect(try fixture.verify().isSound && fixture.records().map(\.subject) == ["audit log", "ses0", "ses3"])
    }

    @Test("a log that has vanished begins anew, and says so")
    func vanished() async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(3)
        try FileManager.default.removeItem(atPath: fixture.path)
        await fixture.open().close()
        #expect(try fixture.records().map(\.reason) == ["the log was missing"])
        #expect(try fixture.verify().problems.map(\.line) == [1])
        #expect(fixture.events.contains(.begun(path: fixture.path, reason: "the log was missing")))
    }

    // MARK: - Reading

    @Test("records are found by time, person, kind and subject, whatever the case; the newest if there are too many")
    func filter() async throws {
        let fixture = try AuditFixture()
        let log = fixture.open()
        try await log.record((0..<9).map { .example($0, who: $0 == 4 ? "uid:0 sudo:Bob" : "uid:1000") })
        await log.close()
        let start = AuditFixture.now
        #expect(try fixture.records { $0.who = "bob" }.map(\.subject) == ["ses4"])
        #expect(try fixture.records { $0.what = "DISABLE" }.count == 9)
        #expect(try fixture.records { $0.what = "begin" }.count == 1)
        #expect(try fixture.records { $0.subject = "ses7" }.count == 1)
        let range = try fixture.records { ($0.since, $0.until) = (start + .seconds(3), start + .seconds(5)) }
        #expect(range.map(\.subject) == ["ses3", "ses4"])
        #expect(try fixture.records { ($0.limit, $0.who) = (2, "uid:1000") }.map(\.subject) == ["ses7", "ses8"])
    }

    @Test("a text that is too long is cut between characters")
    func texts() throws {
        let record = AuditRecord(
            at: AuditFixture.now, who: "a", what: "b", subject: "x" + String(repeating: "ü", count: 4000))
        #expect(record.subject.utf8.count <= AuditRecord.longest && record.subject.hasSuffix("ü…"))
        #expect(try AuditRecord(json: record.json()) == record)
        #expect(
            try String(decoding: AuditRecord.example(1).json(), as: UTF8.self)
                == #"{"after":null,"at":"2026-11-21T10:00:01.123Z","before":"enabled","reason":"say \"no\"\nto Ünïcode","#
                + #""subject":"ses1","what":"upstream disable","who":"uid:1000 sudo:ann"}"#)
    }
}
