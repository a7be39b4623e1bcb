import Mail
import TestKit
import Testing

@testable import History

@Suite("A record of the history")
struct RecordTests {
    static let records: [HistoryRecord] = {
        let at = Timestamp(milliseconds: 1_800_000_000_000)
        var two = HistoryRecord.sample(
            3, sender: "", user: "app",
            recipients: [
                .sample("a@b.example", receivedAt: at),
                .sample("c@d.example", .failed, reply: "550 5.1.1 no", receivedAt: at, wait: 86_400_000),
                .sample(nil, .dropped, upstream: nil, route: "bulk", reply: nil, receivedAt: at, wait: -5),
                .sample("e@d.example", .failed, upstream: nil, route: "bulk", reply: nil, receivedAt: at),
            ])
        two.receivedAt = at
        var long = HistoryRecord.sample(4)
        long.recipients = (0..<200).map { .sample("recipient-\($0)@example.net", receivedAt: long.receivedAt) }
        var early = HistoryRecord.sample(5, recipients: [])
        (early.receivedAt, early.finishedAt) = (Timestamp(milliseconds: -1), Timestamp(milliseconds: 0))
        var probe = long
        probe.probe = "Gmail: inbox"
        return [.sample(1), .sample(2, user: "app"), two, long, early, probe]
    }()

    @Test("is read as it was written", arguments: records.indices)
    func roundTrip(index: Int) throws {
        let record = Self.records[index]
        record.encoded.withUnsafeBytes { bytes in
            var sequence = RecordSequence(bytes)
            #expect(sequence.next().flatMap { RecordView($0)?.record } == record)
            #expect(sequence.next() == nil)
        }
    }

    @Test("of a probe is the same for older releases, which do not look behind the recipients")
    func probe() {
        var record = HistoryRecord.sample(1)
        let (plain, text) = (record.encoded, "box")
        record.probe = text
        let marked = record.encoded
        #expect(marked.count == plain.count + 1 + text.utf8.count)
        #expect(marked[2] == plain[2] | 4 && marked[3...].starts(with: plain[3...]))
    }

    @Test("follows another one without a gap")
    func sequence() {
        let bytes = Self.records.flatMap(\.encoded)
        bytes.withUnsafeBytes { bytes in
            var (sequence, found) = (RecordSequence(bytes), [HistoryRecord]())
            while let octets = sequence.next() { RecordView(octets)?.record.map { found.append($0) } }
            #expect(found == Self.records)
        }
    }

    @Test("takes some 150 octets for a message to one recipient")
    func size() {
        let record = HistoryRecord.sample(1000)
        #expect(record.encoded.count < 150)
    }

    @Test("that is cut or changed anywhere is read as another one or as none, and never traps", arguments: 0..<4)
    func damage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = Self.records[2].encoded
        for end in bytes.indices {
            Array(bytes[..<end]).withUnsafeBytes { _ = RecordView($0)?.record }
        }
        for _ in 0..<2000 {
            var damaged = bytes
            damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            damaged.withUnsafeBytes { octets in
                _ = RecordView(octets)?.record
                var sequence = RecordSequence(octets)
                while let next = sequence.next() { _ = RecordView(next)?.record }
            }
        }
    }

    @Test("loses the addresses in its replies where they are hashed")
    func replies() {
        let hide = HistoryAddress.withoutAddresses(_:)
        #expect(hide("550 5.1.1 <ann@example.com>: unknown") == "550 5.1.1 <[address]>: unknown")
        #expect(hide("ann@example.com, bob@example.com") == "[address], [address]")
        #expect(hide("250 2.0.0 ok") == "250 2.0.0 ok")
        #expect(hide("550  a@b.c") == "550  [address]")
        let erase = HistoryAddress.without(_:in:)
        #expect(
            erase("ann@example.com", "550 <Ann@Example.com> and bob@example.com")
                == "550 <[address]> and bob@example.com")
    }
}
