import Mail
import Spool
import TestKit
import Testing

@testable import Delivery

@Suite("The relay's clocks after a restart")
struct ClockRecordTests {
    private static let wall = Timestamp(milliseconds: 1_800_000_000_000)
    private static let hour = Int64(3_600_000)
    private static let sinceBoot = Timestamp(milliseconds: 5 * hour)

    private func record(boot: String = "a", lead: Int64 = 0) -> ClockRecord {
        ClockRecord(
            boot: boot, base: 1_799_000_000_000, lead: lead,
            ages: MessageAges(lead: .zero, after: QueueID(rawValue: 7), now: Self.wall))
    }

    @Test("without a record the steady clock begins with what the system's clock says")
    func first() {
        let (base, ages) = ClockRecord.resumed(nil, boot: "a", sinceBoot: Self.sinceBoot, wall: Self.wall)
        #expect(Self.sinceBoot + .milliseconds(base) == Self.wall)
        #expect(ages == nil)
    }

    @Test("while the machine runs the steady clock goes on, whatever the system's clock says", arguments: [0, -1, 1])
    func sameBoot(sign: Int) {
        let record = record()
        let wall = Self.wall + .seconds(sign * 6 * 86_400)
        let (base, ages) = ClockRecord.resumed(record, boot: "a", sinceBoot: Self.sinceBoot, wall: wall)
        #expect(base == record.base)
        #expect(ages == record.ages)
    }

    @Test("after the machine's start the system's clock is believed to be as far ahead as before")
    func otherBoot() {
        for boot in ["b", ""] {
            let (base, ages) = ClockRecord.resumed(
                record(boot: "a", lead: Self.hour), boot: boot, sinceBoot: Self.sinceBoot, wall: Self.wall)
            #expect(Self.sinceBoot + .milliseconds(base) == Self.wall - .seconds(3600))
            #expect(ages == nil)
        }
    }

    @Test("the lead goes on from the record, unless the clocks have moved or the machine was started")
    func lead() {
        let steady = Self.wall + .milliseconds(1)
        let same = ClockRecord.watch(record(), boot: "a", wall: Self.wall, steady: steady)
        #expect(same.lead == .zero)
        let other = ClockRecord.watch(record(), boot: "b", wall: Self.wall, steady: steady)
        #expect(other.lead == .milliseconds(-1))
        let moved = ClockRecord.watch(record(), boot: "a", wall: Self.wall + .seconds(60), steady: steady)
        #expect(moved.lead == .milliseconds(59_999))
        #expect(ClockRecord.watch(record(boot: ""), boot: "", wall: Self.wall, steady: steady).lead == other.lead)
    }

    @Test("a machine that does not name its start is never the same")
    func noName() {
        let (_, ages) = ClockRecord.resumed(record(boot: ""), boot: "", sinceBoot: Self.sinceBoot, wall: Self.wall)
        #expect(ages == nil)
    }

    @Test("a record is read back, and anything else is none")
    func coding() throws {
        let record = record(lead: -5)
        let octets = try record.octets()
        #expect(ClockRecord(octets) == record)
        #expect(octets.last == UInt8(ascii: "\n"))
        let text = String(decoding: octets, as: UTF8.self)
        let broken = [
            "", "{}", "[]", String(text.dropLast(5)), text.replacing("\"version\":1", with: "\"version\":2"),
            text.replacing("\"base\":1799", with: "\"base\":\"1799"),
            #"{"ages":{"eras":[]},"base":1,"boot":"a","lead":0,"version":1}"#,
            """
            {"ages":{"eras":[{"began":1,"last":9,"lead":0},{"began":2,"last":8,"lead":0}]},\
            "base":1,"boot":"a","lead":0,"version":1}
            """,
        ]
        for text in broken { #expect(ClockRecord(Array(text.utf8)) == nil, "\(text)") }
    }

    @Test("two relays, one after the other, have one steady clock, and know how old mail is")
    func relays() async throws {
        let directory = try TemporaryDirectory()
        let first = RelayClock(directory: directory.path)
        #expect(first.ages == nil && first.lead == .zero)
        let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 7), now: first.steady)
        first.save(ages) { Issue.record("\($0): \($1)") }
        await first.flush()
        let before = first.steady
        let second = RelayClock(directory: directory.path)
        #expect(second.ages == ages)
        let after = second.steady
        #expect(before <= after && after <= first.steady)
        #expect(second.look() == nil)
    }

    @Test("a record that cannot be written is reported")
    func unwritable() async throws {
        let directory = try TemporaryDirectory()
        let clock = RelayClock(directory: directory.path + "/missing")
        let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 7), now: clock.steady)
        let path = await withCheckedContinuation { continuation in
            clock.save(ages) { path, _ in continuation.resume(returning: path) }
        }
        #expect(path == directory.path + "/missing/clock.json")
    }
}
