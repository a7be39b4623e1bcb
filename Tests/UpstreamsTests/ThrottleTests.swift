import Mail
import TestKit
import Testing
import Upstreams

@Suite("Throttle")
struct ThrottleTests {
    let start = MonotonicInstant(nanoseconds: 5_000_000_000)

    @Test("without a limit nothing waits")
    func unlimited() {
        var throttle = Throttle(limit: nil, now: start)
        for _ in 0..<10_000 {
            #expect(throttle.nextAllowed(now: start) == nil)
            throttle.take(now: start)
        }
        #expect(throttle.rate == nil)
    }

    @Test("one second's worth may go at once, the next message when its time has come")
    func burst() {
        var throttle = Throttle(limit: Rate(count: 10, per: .seconds(1)), now: start)
        for _ in 0..<10 {
            #expect(throttle.nextAllowed(now: start) == nil)
            throttle.take(now: start)
        }
        #expect(throttle.nextAllowed(now: start) == start + .milliseconds(100))
        #expect(throttle.nextAllowed(now: start + .milliseconds(100)) == nil)
        #expect(throttle.rate == 10)
    }

    @Test("one message may go at once however low the rate, and the next at the announced time")
    func slow() {
        var throttle = Throttle(limit: Rate(count: 100, per: .seconds(3600)), now: start)
        throttle.take(now: start)
        #expect(throttle.nextAllowed(now: start) == start + .seconds(36))
        #expect(throttle.nextAllowed(now: start + .milliseconds(35_999)) != nil)
        #expect(throttle.nextAllowed(now: start + .seconds(36)) == nil)
    }

    @Test("a complaint halves the rate, and several within a second count as one")
    func halves() {
        var throttle = Throttle(limit: Rate(count: 40, per: .seconds(1)), now: start)
        #expect(throttle.slowDown(now: start) == 20)
        #expect(throttle.slowDown(now: start + .milliseconds(999)) == nil)
        #expect(throttle.rate == 20)
        #expect(throttle.nextAllowed(now: start) == start + .milliseconds(50))
        #expect(throttle.slowDown(now: start + .seconds(1)) == 10)
    }

    @Test("the rate grows by a tenth of the limit every ten seconds, up to the limit")
    func grows() {
        var throttle = Throttle(limit: Rate(count: 40, per: .seconds(1)), now: start)
        _ = throttle.slowDown(now: start)
        #expect(throttle.rate(now: start + .milliseconds(9999)) == 20)
        #expect(throttle.rate(now: start + .seconds(10)) == 24)
        #expect(throttle.rate(now: start + .seconds(49)) == 36)
        #expect(throttle.rate(now: start + .seconds(50)) == 40)
        #expect(throttle.rate(now: start + .seconds(5000)) == 40)
    }

    @Test(
        "the rate does not fall below its floor, and then reports no change",
        arguments: [(40, 1, 0.1), (1, 60, 1.0 / 60)])
    func floor(count: Int, seconds: Int, least: Double) {
        var throttle = Throttle(limit: Rate(count: count, per: .seconds(seconds)), now: start)
        for second in 0..<20 { _ = throttle.slowDown(now: start + .seconds(second)) }
        #expect(throttle.rate == least)
        #expect(throttle.slowDown(now: start + .seconds(20)) == nil)
        #expect(throttle.nextAllowed(now: start + .seconds(20)) == start + .seconds(20) + .seconds(1 / least))
    }

    @Test("without a limit the current rate is halved, grows by its tenth, and is free at its double")
    func observed() {
        var throttle = Throttle(limit: nil, now: start)
        for index in 0..<200 { throttle.take(now: start + .milliseconds(index * 10)) }
        let now = start + .milliseconds(1999)
        let rate = throttle.slowDown(now: now) ?? 0
        #expect(abs(rate - 50) < 1)
        #expect(throttle.nextAllowed(now: now) != nil)
        let later = throttle.rate(now: now + .seconds(20)) ?? 0
        #expect(abs(later - rate * 1.4) < 0.001)
        #expect(throttle.rate(now: now + .seconds(149)) != nil)
        #expect(throttle.rate(now: now + .seconds(150)) == nil)
        #expect(throttle.nextAllowed(now: now + .seconds(150)) == nil)
        throttle.take(now: now + .seconds(150))
        #expect(throttle.rate == nil)
    }

    @Test("a second complaint halves the remaining rate, and the target rate stays")
    func twice() {
        var throttle = Throttle(limit: nil, now: start)
        for index in 0..<100 { throttle.take(now: start + .milliseconds(index * 10)) }
        let now = start + .milliseconds(999)
        let first = throttle.slowDown(now: now) ?? 0
        #expect(throttle.slowDown(now: now + .seconds(1)) == first / 2)
        #expect(throttle.rate(now: now + .seconds(11)) == first / 2 + first / 5)
        #expect(throttle.rate(now: now + .seconds(181)) == nil)
    }

    @Test("an unused throttle starts at one message every two seconds")
    func unknownRate() {
        var throttle = Throttle(limit: nil, now: start)
        #expect(throttle.slowDown(now: start + .seconds(100)) == 0.5)
    }

    @Test("messages that did not wait are made up for")
    func debt() {
        var throttle = Throttle(limit: Rate(count: 10, per: .seconds(1)), now: start)
        for _ in 0..<15 { throttle.take(now: start) }
        #expect(throttle.nextAllowed(now: start) == start + .milliseconds(600))
    }

    @Test("over any period no more go than the limit and one burst", arguments: 0..<20 as Range<UInt64>)
    func neverAbove(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...50, using: &generator)
        let seconds = [1, 1, 10, 60].randomElement(using: &generator) ?? 1
        var throttle = Throttle(limit: Rate(count: count, per: .seconds(seconds)), now: start)
        let limit = Double(count) / Double(seconds)
        var now = start
        var taken: [MonotonicInstant] = []
        for _ in 0..<4000 {
            now = now + .microseconds(Int.random(in: 0...100_000, using: &generator))
            if Int.random(in: 0..<500, using: &generator) == 0 { _ = throttle.slowDown(now: now) }
            guard throttle.nextAllowed(now: now) == nil else { continue }
            throttle.take(now: now)
            taken.append(now)
        }
        #expect(!taken.isEmpty)
        for window in [1.0, 10, 100] {
            var first = 0
            var most = 0
            for last in taken.indices {
                while taken[last] - taken[first] > .seconds(window) { first += 1 }
                most = max(most, last - first + 1)
            }
            #expect(Double(most) <= max(1, limit) + limit * window + 0.001, "seed \(seed)")
        }
    }
}
