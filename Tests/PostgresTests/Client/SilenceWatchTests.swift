import Testing

@testable import Postgres

@Suite("The watch over a silent database")
struct SilenceWatchTests {
    private let start = ContinuousClock.now

    @Test("alarms once, then gives up")
    func verdicts() {
        var watch = SilenceWatch(alarm: .seconds(2), silence: .seconds(10), now: start)
        #expect(watch.verdict(now: start) == .wait(.seconds(2)))
        #expect(watch.verdict(now: start + .seconds(2)) == .alarm)
        #expect(watch.verdict(now: start + .seconds(3)) == .wait(.seconds(7)))
        #expect(watch.verdict(now: start + .seconds(10)) == .lost)
    }

    @Test("begins anew with each octet")
    func progress() {
        var watch = SilenceWatch(alarm: .seconds(2), silence: .seconds(10), now: start)
        watch.progress(now: start + .seconds(9))
        #expect(watch.verdict(now: start + .seconds(10)) == .wait(.seconds(1)))
        #expect(watch.verdict(now: start + .seconds(18)) == .alarm)
        #expect(watch.verdict(now: start + .seconds(19)) == .lost)
    }

    @Test("gives up without an alarm where the alarm comes later")
    func short() {
        var watch = SilenceWatch(alarm: .seconds(2), silence: .seconds(1), now: start)
        #expect(watch.verdict(now: start) == .wait(.seconds(1)))
        #expect(watch.verdict(now: start + .seconds(1)) == .lost)
    }
}
