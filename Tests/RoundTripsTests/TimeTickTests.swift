import Mail
import TestKit
import Testing

@testable import RoundTrips

@Suite("Ticks of an axis of time")
struct TimeTickTests {
    private func words(_ from: String, _ until: String) -> [String] {
        let moments = [from, until].map { Timestamp(rfc3339: "\($0):00.000Z")! }
        return TimeTicks(from: moments[0], until: moments[1]).ticks.map(\.words)
    }

    @Test("are whole minutes, hours, days, weeks, months or years")
    func whole() {
        #expect(
            words("2026-11-21T10:01", "2026-11-21T10:06") == ["10:01", "10:02", "10:03", "10:04", "10:05", "10:06"])
        #expect(
            words("2026-11-21T09:10", "2026-11-21T12:00") == ["09:30", "10:00", "10:30", "11:00", "11:30", "12:00"])
        #expect(words("2026-11-20T20:10", "2026-11-21T20:00") == ["2026-11-21", "06:00", "12:00", "18:00"])
        #expect(
            words("2026-11-01T00:00", "2026-12-01T00:00")
                == ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"])
        #expect(words("2025-12-15T00:00", "2026-06-02T00:00").first == "2026-01")
        #expect(
            words("2025-11-22T00:00", "2026-11-21T00:00") == [
                "2026-01", "2026-03", "2026-05", "2026-07", "2026-09", "2026-11",
            ])
        #expect(
            words("2017-01-01T00:00", "2026-11-21T00:00") == ["2018-01", "2020-01", "2022-01", "2024-01", "2026-01"])
    }

    @Test("lie within the axis, in order, and are never too many", arguments: 0..<200 as Range<UInt64>)
    func bounded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let from = Timestamp(milliseconds: Int64.random(in: 0..<2_000_000_000_000, using: &generator))
        let length = Int64(1) << Int64.random(in: 0..<39, using: &generator)
        let until = from.advanced(byMilliseconds: Int64.random(in: 0...length, using: &generator))
        let moments = TimeTicks(from: from, until: until).ticks.map(\.moment)
        #expect(moments.count <= TimeTicks.most, "seed \(seed)")
        #expect(moments.allSatisfy { from <= $0 && $0 <= until } && moments == moments.sorted(), "seed \(seed)")
        #expect(until - from < .seconds(120) || !moments.isEmpty, "seed \(seed)")
    }
}
