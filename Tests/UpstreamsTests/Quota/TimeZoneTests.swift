import Mail
import TestKit
import Testing

@testable import Upstreams

@Suite("Time zones of the IANA database (RFC 9636)")
struct TimeZoneTests {
    private func zone(_ rule: String) throws -> TimeZoneRules {
        try #require(TimeZoneRules(name: "test", ZoneFile.octets(rule: rule)))
    }

    /// Seconds since 1970 of a moment of UTC.
    private func utc(_ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0) -> Int64 {
        CivilDate.days(year, month, day) * 86_400 + hour * 3600 + minute * 60
    }

    @Test("days are dates, and dates are days")
    func dates() {
        for days: Int64 in [-719_468, -1, 0, 59, 11_016, 20_088, 2_932_896] {
            let date = CivilDate(days: days)
            #expect(CivilDate.days(date.year, date.month, date.day) == days)
        }
        #expect(CivilDate.days(1970, 1, 1) == 0)
        #expect(CivilDate.days(2000, 2, 29) == 11_016)
        #expect(CivilDate.days(2024, 12, 31) - CivilDate.days(2024, 1, 1) == 365)
        #expect(CivilDate(days: CivilDate.days(2026, 3, 1) - 1).day == 28)
    }

    @Test("summer time begins and ends by the rule of the last line (RFC 9636 section 3.3)")
    func rule() throws {
        let berlin = try zone("CET-1CEST,M3.5.0,M10.5.0/3")
        #expect(berlin.offset(at: utc(2026, 1, 15)) == 3600)
        #expect(berlin.offset(at: utc(2026, 3, 29, 0, 59)) == 3600)
        #expect(berlin.offset(at: utc(2026, 3, 29, 1)) == 7200)
        #expect(berlin.offset(at: utc(2026, 10, 25, 0, 59)) == 7200)
        #expect(berlin.offset(at: utc(2026, 10, 25, 1)) == 3600)
        // In the south it includes the turn of the year.
        let sydney = try zone("AEST-10AEDT,M10.1.0,M4.1.0/3")
        #expect(sydney.offset(at: utc(2026, 1, 1)) == 39_600)
        #expect(sydney.offset(at: utc(2026, 7, 1)) == 36_000)
        #expect(sydney.offset(at: utc(2026, 12, 31, 23)) == 39_600)
    }

    @Test(
        "rules have many forms",
        arguments: [
            ("UTC0", 0), ("<+0545>-5:45", 20_700), ("<-03>3", -10_800), ("EST5EDT,J60,J300", -18_000),
            ("EST5EDT,0/0,364/25", -14_400), ("IST-1GMT0,M10.5.0,M3.5.0/1", 0), ("XXX-167:59:59", 604_799),
        ] as [(String, Int64)])
    func forms(rule: String, january: Int64) throws {
        #expect(try zone(rule).offset(at: utc(2026, 1, 15)) == january)
    }

    @Test("changes of the file apply until the last of them, and then the rule")
    func changes() throws {
        let octets = ZoneFile.octets(first: 3000, [(utc(1990, 1, 1), 3600), (utc(2000, 1, 1), 7200)], rule: "<+03>-3")
        let zone = try #require(TimeZoneRules(name: "test", octets))
        #expect(zone.offset(at: utc(1980, 1, 1)) == 3000)
        #expect(zone.offset(at: utc(1990, 1, 1)) == 3600)
        #expect(zone.offset(at: utc(1999, 12, 31, 23)) == 3600)
        #expect(zone.offset(at: utc(2030, 1, 1)) == 10_800)
        let old = try #require(TimeZoneRules(name: "test", ZoneFile.octets([(utc(1990, 1, 1), 3600)], rule: "")))
        #expect(old.offset(at: utc(2030, 1, 1)) == 3600)
    }

    @Test("what is no such file is refused, however much of it there is")
    func refused() {
        let octets = ZoneFile.octets([(5, 3600)], rule: "UTC0")
        #expect(TimeZoneRules(name: "test", Array("Europe/Berlin".utf8)) == nil)
        for count in 0..<(octets.count - "\nUTC0\n".utf8.count) {
            #expect(TimeZoneRules(name: "test", Array(octets.prefix(count))) == nil, "\(count) octets")
        }
        var generator = SeededGenerator(seed: 4711)
        for _ in 0..<2000 {
            var damaged = octets
            for _ in 0..<4 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            // It must not trap.
            _ = TimeZoneRules(name: "test", damaged)?.offset(at: 1_800_000_000)
        }
    }

    @Test("a day ends at midnight there, also where the clock is changed", arguments: [-1, 0, 1] as [Int64])
    func days(shift: Int64) throws {
        let calendar = QuotaCalendar(zone: try zone("CET-1CEST,M3.5.0,M10.5.0/3"))
        for (midnight, day) in [
            (utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)), (utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)),
        ] {
            let start = Timestamp(milliseconds: (midnight + 60 + shift) * 1000)
            #expect(calendar.end(after: start, calendar.day).milliseconds == day * 1000)
        }
        let month = calendar.end(after: Timestamp(milliseconds: utc(2026, 10, 7) * 1000), calendar.month)
        #expect(month.milliseconds == utc(2026, 10, 31, 23) * 1000)
        let year = calendar.end(after: Timestamp(milliseconds: utc(2026, 12, 31, 22, 59) * 1000), calendar.month)
        #expect(year.milliseconds == utc(2026, 12, 31, 23) * 1000)
    }
}
