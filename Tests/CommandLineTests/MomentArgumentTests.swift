import Mail
import Testing

@testable import posthorse

@Suite("Moments on the command line")
struct MomentArgumentTests {
    /// A Sunday, at some hour of the local day.
    private let now = Timestamp(dateTime: "2026-11-29T15:50:25Z".utf8)!

    @Test("are times of RFC 3339")
    func dateTimes() {
        #expect(
            MomentArgument.moment("2026-11-24t08:00:00z", now: now) == Timestamp(dateTime: "2026-11-24T08:00:00Z".utf8))
        #expect(MomentArgument.moment("2026-11-24t08:00:00+01:00", now: now)?.dateTime == "2026-11-24T07:00:00Z")
    }

    @Test("are how long ago")
    func ages() {
        #expect(MomentArgument.moment("2h", now: now) == now - .seconds(7200))
        #expect(MomentArgument.moment("3d", now: now) == now - .seconds(3 * 86_400))
        #expect(MomentArgument.moment("now", now: now) == now)
    }

    @Test("are local days, which begin at midnight")
    func days() throws {
        let date = try #require(MomentArgument.moment("2026-11-24", now: now))
        #expect(MomentArgument.moment("2026-11-24 08:30", now: now) == date + .seconds(8 * 3600 + 1800))
        #expect(MomentArgument.moment("2026-11-24t08:30:05", now: now) == date + .seconds(8 * 3600 + 1805))
        let today = try #require(MomentArgument.moment("today", now: now))
        #expect(today <= now && now - today < .seconds(86_400))
        #expect(MomentArgument.moment("yesterday", now: now) == today - .seconds(86_400))
        // At UTC or near it; elsewhere the local day may be another one.
        let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        let found = names.compactMap { MomentArgument.moment($0, now: now) }
        #expect(Set(found).count == 7)
        #expect(found.allSatisfy { $0 <= today && $0 > today - .seconds(7 * 86_400) })
        #expect(MomentArgument.moment("tue", now: now) == MomentArgument.moment("tuesday", now: now))
    }

    @Test(
        "are nothing else",
        arguments: [
            "", "soon", "2026-13-01", "2026-02-30", "2026-11-24 25:00", "2026-11-24 8:00", "-2h", "24", "2026-11",
        ])
    func others(text: String) {
        #expect(MomentArgument.moment(text, now: now) == nil)
    }
}
