import Foundation
import Mail
import Spool
import TestKit
import Testing

@testable import History

@Suite("A run of the history")
struct RunTests {
    private let hash = KeyedHash(key: 1, 2)

    /// Writes records into a run, some in each batch.
    private func write(_ records: [HistoryRecord], in directory: TemporaryDirectory, first: Int = 1) throws -> String {
        let path = directory.path + "/test.run"
        let writer = try RunWriter(path: path, first: first, hash: hash, files: SystemFileLayer())
        for start in stride(from: 0, to: records.count, by: 7) {
            let part = records[start..<min(records.count, start + 7)]
            try writer.add(part.flatMap(\.encoded), count: part.count)
        }
        _ = try writer.finish()
        return path
    }

    private func read(_ path: String) throws -> RunReader { try RunReader(path: path, files: SystemFileLayer()) }

    /// Numbers of the records with this hash, newest first.
    private func rows(_ kind: IndexKind, _ key: UInt64, in run: RunReader, before row: Int = .max) throws -> [Int] {
        let found = try #require(try run.rows(with: key, kind, before: row, key: hash))
        return try found.range.reversed().map { try run.row($0, kind) }
    }

    @Test("gives back every record in its place", arguments: [1, 63, 64, 65, 500])
    func records(count: Int) throws {
        let directory = try TemporaryDirectory()
        let records = (0..<count).map { HistoryRecord.sample($0) }
        let run = try read(try write(records, in: directory, first: 1000))
        #expect(run.header.first == 1000)
        #expect(run.header.last == 999 + count)
        #expect(run.header.received == records[0].receivedAt...records[count - 1].receivedAt)
        #expect(run.header.finished == records[0].finishedAt...records[count - 1].finishedAt)
        for (row, record) in records.enumerated() {
            #expect(try run.with(row) { RecordView($0)?.record } == record)
        }
    }

    @Test("finds records by each key, newest first, and those before one")
    func keys() throws {
        let directory = try TemporaryDirectory()
        let records = (0..<900).map { number in
            HistoryRecord.sample(
                number, sender: number % 3 == 0 ? "" : "App@example.org", user: number % 2 == 0 ? "even" : nil,
                recipients: [
                    .sample("Ann@Example.com", receivedAt: Timestamp(milliseconds: 5)),
                    .sample(
                        "r\(number)@example.net", route: "route\(number % 10)", receivedAt: Timestamp(milliseconds: 5)),
                ])
        }
        let run = try read(try write(records, in: directory))
        #expect(try rows(.recipient, hash.of("ann@example.com"), in: run) == (0..<900).reversed())
        #expect(try rows(.recipient, hash.of("ann@example.com"), in: run, before: 341) == (0..<341).reversed())
        #expect(try rows(.recipient, hash.of("r77@example.net"), in: run) == [77])
        #expect(try rows(.sender, hash.of("app@example.org"), in: run) == (0..<900).filter { $0 % 3 > 0 }.reversed())
        #expect(try rows(.user, hash.of("even"), in: run).count == 450)
        #expect(try rows(.stream, hash.of("route3"), in: run) == (0..<900).filter { $0 % 10 == 3 }.reversed())
        #expect(try rows(.messageID, hash.of("5@example.org"), in: run) == [5])
        #expect(try rows(.queueID, UInt64(bitPattern: records[8].queueID.rawValue), in: run) == [8])
        #expect(try rows(.recipient, hash.of("nobody@example.com"), in: run) == [])
    }

    @Test("whose hashes were made with another key says so")
    func otherKey() throws {
        let directory = try TemporaryDirectory()
        let run = try read(try write([.sample(1)], in: directory))
        let other = KeyedHash(key: 3, 4)
        #expect(try run.rows(with: other.of("r1@example.net"), .recipient, before: 9, key: other) == nil)
    }

    @Test("keeps the numbers of its records when one cannot be read")
    func unreadable() throws {
        let directory = try TemporaryDirectory()
        let writer = try RunWriter(path: directory.path + "/x", first: 1, hash: hash, files: SystemFileLayer())
        try writer.add(HistoryRecord.sample(1).encoded + [9, 1, 2], count: 3)
        try writer.add(HistoryRecord.sample(2).encoded, count: 1)
        #expect(try writer.finish().count == 4)
        let run = try read(directory.path + "/x")
        #expect(try run.with(3) { RecordView($0)?.record } == .sample(2))
        #expect(try rows(.recipient, hash.of("r2@example.net"), in: run) == [3])
    }

    @Test("that is damaged in any octet says so, or answers as it was", arguments: 0..<3 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let records = (0..<200).map { HistoryRecord.sample($0) }
        let path = try write(records, in: directory)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var (random, told) = (SeededGenerator(seed: seed), 0)
        for _ in 0..<150 {
            var bytes = whole
            bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try bytes.write(to: URL(fileURLWithPath: path))
            do {
                let run = try read(path)
                for (row, record) in records.enumerated() {
                    #expect(try rows(.messageID, hash.of("\(row)@example.org"), in: run) == [row])
                    #expect(try run.with(row) { RecordView($0)?.record } == record)
                }
            } catch let error as SpoolError {
                #expect(error.code == .corrupt)
                told += 1
            }
        }
        // Some octets are padding, or belong to lists that were not used.
        #expect(told > 60)
    }

    @Test("that ends too soon says so", arguments: [0, 100, 511, 512, 5000])
    func truncated(size: Int) throws {
        let directory = try TemporaryDirectory()
        let path = try write((0..<200).map { HistoryRecord.sample($0) }, in: directory)
        try Data(contentsOf: URL(fileURLWithPath: path)).prefix(size).write(to: URL(fileURLWithPath: path))
        #expect(throws: SpoolError.self) { try read(path).with(199) { RecordView($0)?.record } }
    }
}
