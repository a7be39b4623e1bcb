import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("The rate of a stream")
struct StreamRateTests {
    private func instant(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("A slow rate lets one message through at a time")
    func slow() {
        var meter = StreamRate(Rate(count: 6, per: .seconds(60)), now: instant(0))
        #expect(meter.available(at: instant(0)) == 1)
        meter.take(1)
        #expect(meter.nextAt(instant(5)) == instant(10))
        #expect(meter.available(at: instant(9.9)) == 0)
        #expect(meter.available(at: instant(10)) == 1)
        #expect(meter.available(at: instant(1000)) == 1, "nothing is saved up")
        #expect(meter.nextAt(instant(1000)) == instant(1000))
    }

    @Test(
        "In no period more gets through than its rate and one second's worth, and nothing is lost while mail waits",
        arguments: UInt64(1)...40)
    func properties(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let perSecond = Double.random(in: 0.2...50, using: &generator)
        let rate = Rate(count: max(1, Int(perSecond * 100)), per: .seconds(100))
        let exact = Double(rate.count) / 100
        var (meter, now, taken) = (StreamRate(rate, now: instant(0)), 0.0, 0)
        while now < 200 {
            let room = meter.available(at: instant(now))
            meter.take(room)
            taken += room
            #expect(Double(taken) <= exact * now + max(1, exact) + 0.001, "seed \(seed), at \(now)")
            #expect(Double(taken) >= exact * now - 1.001, "seed \(seed), at \(now)")
            now += Double.random(in: 0...min(0.9, 0.9 / exact), using: &generator)
        }
    }
}
