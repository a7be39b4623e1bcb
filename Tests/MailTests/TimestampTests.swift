import Mail
import Testing

@Suite("Times as RFC 3339")
struct TimestampTests {
    @Test(
        "A timestamp is written in UTC with milliseconds, and read back",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_255_200_123, "2026-11-21T10:00:00.123Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func writesAndReads(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test("Every day of four centuries has the date that counting gives")
    func everyDay() {
        var expected = (year: 1970, month: 1, day: 1)
        for day in 0..<146_097 {
            let time = CivilTime(secondsSince1970: Int64(day) * 86_400)
            guard (time.year, time.month, time.day) == expected else {
                Issue.record("day \(day) is \(time), not \(expected)")
                return
            }
            expected = Self.dayAfter(expected)
        }
    }

    @Test(
        "Other forms are refused",
        arguments: [
            "", "2026-11-21", "2026-11-21T10:00:00Z", "2026-11-21 10:00:00.123Z", "2026-11-21T10:00:00.123+",
            "2026-13-21T10:00:00.123Z", "2026-11-00T10:00:00.123Z", "2026-11-21T24:00:00.123Z",
            "2026-11-21T10:60:00.123Z", "20x6-11-21T10:00:00.123Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("Arithmetic ends at the bounds, and never traps", arguments: [Int64.min, -1, 0, 1, Int64.max])
    func bounds(milliseconds: Int64) {
        let moment = Timestamp(milliseconds: milliseconds)
        let ends = [Timestamp(milliseconds: .min), Timestamp(milliseconds: .max)]
        #expect(moment + .milliseconds(Int64.max) >= moment)
        #expect(moment - .milliseconds(Int64.max) <= moment)
        #expect(ends.map { (moment - $0).wholeMilliseconds < 0 } == [false, milliseconds < .max])
        #expect(Timestamp(milliseconds: max(0, milliseconds)) + .seconds(Int64.max) == ends[1])
        #expect(moment.rfc3339.utf8.count == 24)
    }

    private static func dayAfter(_ date: (year: Int, month: Int, day: Int)) -> (year: Int, month: Int, day: Int) {
        let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if date.day < lengths[date.month - 1] { return (date.year, date.month, date.day + 1) }
        return date.month < 12 ? (date.year, date.month + 1, 1) : (date.year + 1, 1, 1)
    }
}
