import Foundation
import Mail
import TestKit
import Testing

@testable import Audit

@Suite("An audit log that is not as the relay left it")
struct AuditCutTests {
    /// What is done to the file of a running relay.
    enum Change: CaseIterable {
        case cutBetweenRecords, cutWithinRecord, emptied, changedAtTheEnd, appendedTo, writtenAnew, replacedByOlder

        func make(_ fixture: AuditFixture) throws {
            let octets = try fixture.octets()
            let ends = octets.indices.filter { octets[$0] == 0x0A }.map { $0 + 1 }
            let file = try #require(FileHandle(forUpdatingAtPath: fixture.path))
            defer { try? file.close() }
            switch self {
            case .cutBetweenRecords: try file.truncate(atOffset: UInt64(ends[1]))
            case .cutWithinRecord: try file.truncate(atOffset: UInt64(ends[1] + 100))
            case .emptied: try file.truncate(atOffset: 0)
            case .changedAtTheEnd:
                try file.seek(toOffset: UInt64(octets.count - 10))
                try file.write(contentsOf: [0x30])
            case .appendedTo:
                try file.seekToEnd()
                try file.write(contentsOf: Data("a line\n".utf8))
            case .writtenAnew:
                try file.truncate(atOffset: 0)
                try file.write(contentsOf: octets[..<ends[0]] + octets[ends[1]...])
            case .replacedByOlder: try fixture.replace(by: octets[..<ends[1]])
            }
        }
    }

    private func open(_ fixture: AuditFixture) async throws -> AuditLog {
        let log = fixture.open()
        for number in 0..<3 { try await log.record([.example(number)]) }
        return log
    }

    private func expectAnew(_ fixture: AuditFixture) throws {
        let result = try fixture.verify()
        #expect(result.problems.map(\.line) == [1])
        #expect(result.problems.first?.reason.contains("records from before it are not in this log") == true)
        #expect(try !fixture.octets().contains(0))
    }

    @Test(
        "is kept under another name, and the next order is in a new one, which is never all well",
        arguments: Change.allCases)
    func running(change: Change) async throws {
        let fixture = try AuditFixture()
        let log = try await open(fixture)
        let head = try #require(try fixture.verify().head)
        try change.make(fixture)
        let left = try fixture.octets()
        try await log.record([.example(9)])
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses9"])
        let first = try #require(try fixture.records().first)
        #expect(first.what == "audit begin" && first.before == "head \(head)")
        #expect(fixture.events.contains(.begun(path: fixture.path, reason: first.reason)))
        try expectAnew(fixture)
        let kept = FileManager.default.contents(atPath: fixture.path + ".cut-1")
        #expect(kept.map { Array($0) } == (change == .emptied ? nil : left))
        // A relay that is killed now, and starts.
        try await fixture.fill(1)
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses9", "ses0"])
        try expectAnew(fixture)
        await log.close()
    }

    @Test("is found when somebody only asks")
    func asked() async throws {
        let fixture = try AuditFixture()
        let log = try await open(fixture)
        try Change.cutBetweenRecords.make(fixture)
        #expect(try await !log.reader().verify().isSound)
        try expectAnew(fixture)
        await log.close()
    }

    @Test("keeps each part of it")
    func twice() async throws {
        let fixture = try AuditFixture()
        let log = try await open(fixture)
        for number in 1...3 {
            try await log.record([.example(10 * number), .example(10 * number + 1)])
            try Change.cutBetweenRecords.make(fixture)
            let left = try fixture.octets()
            try await log.record([.example(0)])
            let kept = FileManager.default.contents(atPath: "\(fixture.path).cut-\(number)")
            #expect(kept.map { Array($0) } == left)
        }
        await log.close()
    }

    @Test("goes on in a copy of it that has everything")
    func copied() async throws {
        let fixture = try AuditFixture()
        let log = try await open(fixture)
        try fixture.replace(by: try fixture.octets())
        try await log.record([.example(9)])
        await log.close()
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses0", "ses1", "ses2", "ses9"])
        #expect(try fixture.verify().isSound)
    }

    // MARK: - A start

    @Test("a whole record behind a hole is no unfinished one: it stays, is shown, and is found", arguments: [0, 100])
    func hole(kept: Int) async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(3)
        var octets = try fixture.octets()
        let ends = octets.indices.filter { octets[$0] == 0x0A }.map { $0 + 1 }
        for index in ends[1] + kept..<ends[2] { octets[index] = 0 }
        try fixture.write(octets)
        try await fixture.fill(1)
        #expect(fixture.events.contains(.damaged(path: fixture.path)))
        #expect(try fixture.octets().starts(with: octets))
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses0", "ses2", "ses0"])
        let result = try fixture.verify()
        #expect(result.problems.map(\.line) == [3] && result.repairs.isEmpty && result.lines == 4)
    }

    @Test("a log that lacks its first record is kept under another name; an empty one says so", arguments: [0, 50])
    func withoutFirst(length: Int) async throws {
        let fixture = try AuditFixture()
        try await fixture.fill(2)
        let left = try fixture.octets().prefix(length)
        try fixture.write(left)
        try await fixture.fill(1)
        #expect(try fixture.records().map(\.subject) == ["audit log", "ses0"])
        try expectAnew(fixture)
        let kept = FileManager.default.contents(atPath: fixture.path + ".cut-1")
        #expect(kept.map { Array($0) } == (length == 0 ? nil : Array(left)))
    }

    @Test("a relay that died at its first start had no log: nothing is missing", arguments: [0, 50, nil])
    func firstStart(length: Int?) async throws {
        let fixture = try AuditFixture()
        await fixture.open().close()
        let octets = try fixture.octets()
        try fixture.write(octets.prefix(length ?? octets.count))
        try FileManager.default.moveItem(atPath: fixture.keyPath, toPath: fixture.keyPath + ".new")
        try await fixture.fill(1)
        let result = try fixture.verify()
        #expect(result.isSound && result.lines == 2 && result.repairs.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: fixture.keyPath + ".new"))
    }
}

extension AuditFixture {
    /// Puts another file in the place of the log.
    fileprivate func replace(by octets: some Sequence<UInt8>) throws {
        try Data(octets).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
