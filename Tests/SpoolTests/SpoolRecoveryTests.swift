import CSQLite
import Foundation
import Mail
import NIOCore
import TestKit
import Testing

@testable import Spool

@Suite("Spool recovery", .timeLimit(.minutes(10)))
struct SpoolRecoveryTests {
    @Test("puts the recipients of an interrupted attempt in doubt, once")
    func interrupted() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let recipients = [Recipient.sample("a@b"), .sample("c@d"), .sample("e@f")]
        #expect(await user.accept(.sample(id, .content(60_000), recipients: recipients)) == nil)
        var settled = recipients
        settled[0].markDelivered()
        await user.perform(.settle(Settlement(id: id, recipients: settled, cycles: 1, attempt: nil)))
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 33), recipients: [0, 1])
        #expect(await user.begin(id, attempt) == nil)
        user.spool.noteFinalDot(of: id)
        let copy = try user.crashed()

        let inspector = try SpoolInspector(path: copy.path + "/spool")
        #expect(try inspector.message(id)?.recipients.map(\.state) == [.delivered, .inDoubt, .queued])
        #expect(try inspector.statistics().byState == ["delivered": 1, "in_doubt": 1, "queued": 1])

        let next = try SpoolUser(copy)
        guard case .opened(1, 1, _) = next.events.all.first else { return #expect(Bool(false), "not one interrupted") }
        let message = try #require(try await next.spool.message(id))
        #expect(message.openAttempt == nil)
        #expect(message.recipients.map(\.state) == [.delivered, .inDoubt, .queued])
        #expect(message.recipients[1].nextAttemptAt == attempt.startedAt)
        #expect(message.recipients[1].upstream == "ses")
        let record = try #require(try await next.spool.attempts(of: id).first)
        #expect(record.outcome == .inDoubt && record.startedAt == attempt.startedAt && record.recipients == [0, 1])
        #expect(record.dotSent == true)
        #expect(try await next.spool.schedule().map(\.inDoubt) == [true])
        #expect(try await next.storedBytes(id) == NewMessage.header + .content(60_000))
        await next.spool.close()
        let third = try SpoolUser(copy)
        guard case .opened(1, 0, _) = third.events.all.first else { return #expect(Bool(false), "not settled") }
        await third.spool.close()
        await user.spool.close()
    }

    @Test("an attempt that had not reached its final dot has not happened", arguments: [false, true])
    func beforeTheDot(expected: Bool) async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        if expected { user.spool.expectAttempts(through: "ses") }
        #expect(await user.accept(.sample(id, .content(100))) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 33), recipients: [0])
        if !expected { #expect(await user.begin(id, attempt) == nil) }
        #expect(try await user.spool.message(id)?.openAttempt?.upstream == "ses")
        let copy = try user.crashed()
        #expect(try SpoolInspector(path: copy.path + "/spool").message(id)?.recipients.map(\.state) == [.queued])
        let next = try SpoolUser(copy)
        let message = try #require(try await next.spool.message(id))
        #expect(message.openAttempt == nil)
        #expect(message.recipients.map(\.state) == [.queued])
        #expect(try await next.spool.attempts(of: id).isEmpty)
        await next.spool.close()
        await user.spool.close()
    }

    @Test("scheduled mail is committed without an attempt, and is due at its time after a restart")
    func scheduled() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        let due = Timestamp(milliseconds: 1_900_000_000_000)
        user.spool.expectAttempts(through: "ses")
        var new = NewMessage.sample(id, .content(100))
        new.message.schedule(for: due)
        #expect(await user.accept(new) == nil)
        let next = try SpoolUser(user.crashed())
        let message = try #require(try await next.spool.message(id))
        #expect(message.openAttempt == nil)
        #expect(message.releaseAt == due)
        #expect(message.recipients.map(\.state) == [.scheduled])
        #expect(try await next.spool.schedule().map(\.dueAt) == [due])
        await next.spool.close()
        await user.spool.close()
    }

    @Test("after a restart of the machine every open attempt may have reached its dot")
    func machineRestarted() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(100))) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 33), recipients: [0])
        #expect(await user.begin(id, attempt) == nil)
        let copy = try user.crashed()
        try FileManager.default.removeItem(atPath: copy.path + "/spool/dots")
        let next = try SpoolUser(copy)
        #expect(try await next.spool.message(id)?.recipients.map(\.state) == [.inDoubt])
        #expect(try await next.spool.attempts(of: id).map(\.dotSent) == [nil])
        await next.spool.close()
        await user.spool.close()
    }

    @Test("finds what was committed, and treats unreferenced octets as dead space")
    func orphans() async throws {
        let user = try SpoolUser(TemporaryDirectory())
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.append(.content(30_000), to: ContentStream(port: user.port, number: 1)) == nil)
        #expect(await user.accept(.sample(id, .content(50_000))) == nil)
        let copy = try user.crashed()
        let next = try SpoolUser(copy)
        #expect(next.files.segmentUse == [1: 50_000])
        #expect(try await next.storedBytes(id) == NewMessage.header + .content(50_000))
        await next.spool.close()
        await user.spool.close()
    }

    @Test("refuses a spool of a newer release")
    func newerSchema() async throws {
        let directory = try TemporaryDirectory()
        await (try SpoolUser(directory)).spool.close()
        let connection = try SQLiteConnection(path: directory.path + "/spool/spool.sqlite3", access: .write)
        try connection.execute("PRAGMA user_version = \(SpoolSchema.migrations.count + 1)")
        let error = #expect(throws: SpoolError.self) { try SpoolUser(directory) }
        #expect(error?.code == .schema)
        #expect(
            #expect(throws: SpoolError.self) { try SpoolInspector(path: directory.path + "/spool") }?.code == .schema)
    }

    @Test("migrates an older schema to the newest, step by step, and keeps it there")
    func migrations() throws {
        let directory = try TemporaryDirectory()
        let connection = try SQLiteConnection(path: directory.path + "/db", access: .write)
        let steps = ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)", "UPDATE a SET x = x + 1"]
        try SpoolSchema.migrate(connection, Array(steps[..<1]))
        try SpoolSchema.migrate(connection, steps)
        try SpoolSchema.migrate(connection, steps)
        #expect(try connection.integer("SELECT sum(x) FROM a") == 2)
        #expect(try connection.integer("PRAGMA user_version") == 3)
    }

    @Test("opens a spool of the previous release, with its mail unchanged")
    func versionTwo() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path + "/spool", withIntermediateDirectories: true)
        let path = directory.path + "/spool/spool.sqlite3"
        let old = try SQLiteConnection(path: path, access: .write)
        try SpoolSchema.migrate(old, Array(SpoolSchema.migrations[..<2]))
        // XXH64 of the two octets of content, then those of the header.
        var hash = XXH64()
        Array("c\nh\n".utf8).withUnsafeBytes { hash.update($0) }
        try old.execute(
            """
            INSERT INTO message VALUES (7, 5, 5, NULL, 1, 0, 4, 4, 0, \(Int64(bitPattern: hash.finish())), 1, 1, 'a@b', '<m>',
                'client', 'deferred' || char(9) || '1' || char(9) || '5' || char(9) || 'ses' || char(9) || 'c@d' || char(9)
                || '451 no' || char(10), NULL, NULL, NULL, 'app', 'RET=HDRS');
            INSERT INTO content VALUES (7, 'h' || char(10), 'c' || char(10));
            INSERT INTO attempt VALUES (7, 1, 'ses', 5, 6, '0', 'deferred', 'dot', '451 no', NULL, 'TLSv1.3')
            """)
        try #require(try old.integer("PRAGMA user_version") == 2)
        #expect(
            #expect(throws: SpoolError.self) { try SpoolInspector(path: directory.path + "/spool") }?.code == .schema)
        let user = try SpoolUser(directory)
        let message = try #require(try await user.spool.message(QueueID(rawValue: 7)))
        #expect(message.recipients.map(\.state) == [.deferred])
        #expect(message.recipients[0].resolution == nil)
        #expect(message.routing == .none && message.user == "app" && message.options.returnContent == .headers)
        #expect(try await user.storedBytes(message.id) == Array("h\nc\n".utf8))
        #expect(try await user.spool.attempts(of: message.id).map(\.dotSent) == [nil])
        #expect(try old.integer("PRAGMA user_version") == SpoolSchema.migrations.count)
        await user.spool.close()
    }

    @Test("holds a message whose octets have changed, and stops nothing else", arguments: [100, 60_000])
    func corruption(size: Int) async throws {
        let directory = try TemporaryDirectory()
        var user = try SpoolUser(directory)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        for id in ids { #expect(await user.accept(.sample(id, .content(size))) == nil) }
        await user.spool.close()
        try damage(directory.path + "/spool", size)

        user = try SpoolUser(directory)
        switch await user.load([ids[0]])[0] {
        case .quarantined: #expect(size < 1000)
        case .message(let queued):
            let error = await #expect(throws: SpoolError.self) { try await user.bytes(queued.content) }
            #expect(error?.code == .corrupt)
        case .missing, .failed: #expect(Bool(false), "the damage is in the content")
        }
        // The attempt running meanwhile cannot requeue it.
        await user.perform(
            .settle(Settlement(id: ids[0], recipients: [.sample(state: .deferred)], cycles: 1, attempt: nil)))
        #expect(try await user.spool.message(ids[0])?.recipients.map(\.state) == [.held])
        #expect(user.events.all.contains { if case .quarantined = $0 { true } else { false } })
        guard case .missing = await user.load([ids[0]])[0] else { return #expect(Bool(false), "loaded again") }
        #expect(try await user.storedBytes(ids[1]) == NewMessage.header + .content(size))
        await user.spool.close()
    }

    /// Changes one octet of the first message.
    private func damage(_ path: String, _ size: Int) throws {
        guard size > 1000 else {
            let connection = try SQLiteConnection(path: path + "/spool.sqlite3", access: .write)
            return try connection.execute(
                "UPDATE content SET body = x'00' || substr(body, 2) WHERE id = (SELECT min(id) FROM content)")
        }
        let file = try #require(FileHandle(forUpdatingAtPath: path + "/segments/1.seg"))
        try file.seek(toOffset: 59_999)
        try file.write(contentsOf: [0x55])
        try file.close()
    }

    @Test("shows the spool of a stopped relay without changing a file")
    func inspector() async throws {
        let directory = try TemporaryDirectory()
        let user = try SpoolUser(directory)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.accept(.sample(ids[0], .content(10))) == nil)
        #expect(await user.accept(.sample(ids[1], .content(600_000))) == nil)
        await user.spool.close()
        let path = directory.path + "/spool"
        let before = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        let inspector = try SpoolInspector(path: path)
        #expect(try inspector.list(after: nil, limit: 10).map(\.id) == ids)
        let reader = try #require(try inspector.openContent(of: ids[1]))
        var bytes: [UInt8] = []
        while true {
            let part = try inspector.read(reader)
            bytes += part.bytes.readableBytesView
            if part.isLast { break }
        }
        #expect(bytes == NewMessage.header + .content(600_000))
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == before)
        #expect(#expect(throws: SpoolError.self) { try SpoolInspector(path: path + "/no") }?.code == .missing)
    }
}
