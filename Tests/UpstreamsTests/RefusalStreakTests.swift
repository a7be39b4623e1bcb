import Mail
import Testing

@testable import Upstreams

@Suite("Known refusals in a row")
struct RefusalStreakTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var streak = RefusalStreak(RefutationWindow.Settings())

    private mutating func refuse(_ numbers: Range<Int>, domains: Int = 3, at instant: MonotonicInstant? = nil) {
        for number in numbers {
            streak.refused(
                QueueID(rawValue: Int64(number)), domain: "d\(number % domains).test", now: instant ?? start)
        }
    }

    @Test("are disbelieved from the fifth message on, and believed again when mail is taken")
    mutating func long() {
        refuse(0..<4)
        #expect(!streak.isLong(now: start))
        refuse(4..<5)
        #expect(streak.isLong(now: start))
        streak.clear()
        #expect(!streak.isLong(now: start))
    }

    @Test("of fewer than three domains prove nothing")
    mutating func domains() {
        refuse(0..<100, domains: 2)
        #expect(!streak.isLong(now: start))
        streak.refused(QueueID(rawValue: 100), domain: "D1.test", now: start)
        #expect(!streak.isLong(now: start))
    }

    @Test("of one message count once, whatever its recipients")
    mutating func recipients() {
        for number in 0..<100 {
            streak.refused(QueueID(rawValue: 1), domain: "d\(number).test", now: start)
        }
        #expect(!streak.isLong(now: start))
    }

    @Test("are forgotten after the window")
    mutating func window() {
        refuse(0..<5)
        #expect(streak.isLong(now: start + .seconds(300)))
        #expect(!streak.isLong(now: start + .seconds(301)))
        refuse(5..<6, at: start + .seconds(301))
        #expect(!streak.isLong(now: start + .seconds(301)))
    }

    @Test("are always believed where refutations are switched off")
    mutating func off() {
        var settings = RefutationWindow.Settings()
        settings.refutations = 0
        streak = RefusalStreak(settings)
        refuse(0..<100)
        #expect(!streak.isLong(now: start))
    }
}
