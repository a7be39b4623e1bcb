import Mail
import NIOCore
import NIOEmbedded
import Testing
import Upstreams

@testable import Delivery

@Suite("The delivery timer")
struct DeliveryTimerTests {
    private static let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    private final class Rings {
        var count = 0
    }

    private let loop = EmbeddedEventLoop()
    private let rings = Rings()
    private let clock: DeliveryClock
    private let timer: DeliveryTimer

    init() {
        let bound = NIOLoopBound(loop, eventLoop: loop)
        clock = DeliveryClock(eventLoop: loop) {
            Self.epoch + .nanoseconds(Int64(bound.value.now.uptimeNanoseconds))
        }
        timer = DeliveryTimer(clock: clock)
        timer.fired = { [rings] in rings.count += 1 }
    }

    private func set(_ build: (inout DeliveryTimer.Wakeups) -> Void) {
        var wakeups = DeliveryTimer.Wakeups(clock: clock)
        build(&wakeups)
        timer.set(wakeups)
    }

    @Test("fires once, for the first event due by either clock")
    func first() {
        set { wakeups in
            wakeups.add(clock.instant + .seconds(9))
            wakeups.add(Self.epoch + .seconds(5))
            wakeups.add(MonotonicInstant?.none)
        }
        loop.advanceTime(by: .milliseconds(4999))
        #expect(rings.count == 0)
        loop.advanceTime(by: .seconds(60))
        #expect(rings.count == 1)
        #expect(timer.firesAt == nil)
    }

    @Test("moves forward to earlier events, and not back to later ones")
    func moves() {
        set { $0.add(clock.instant + .seconds(5)) }
        set { $0.add(clock.instant + .seconds(50)) }
        #expect(timer.firesAt == clock.instant + .seconds(5))
        set { $0.add(clock.instant + .seconds(2)) }
        loop.advanceTime(by: .seconds(2))
        #expect(rings.count == 1)
    }

    @Test("stops when nothing is due any more")
    func stops() {
        set { $0.add(clock.instant + .seconds(1)) }
        set { _ in }
        loop.advanceTime(by: .seconds(9))
        #expect(rings.count == 0)
    }

    @Test("is never set below its resolution, nor beyond half a minute by the wall clock")
    func bounds() {
        set { $0.add(clock.instant) }
        #expect(timer.firesAt == clock.instant + .milliseconds(20))
        timer.cancel()
        set { $0.add(Self.epoch + .seconds(86_400)) }
        #expect(timer.firesAt == clock.instant + .seconds(30))
    }

    @Test("may be too late if it is not set, or further away than the interval for checking sessions")
    func tooLate() {
        #expect(timer.mayFireTooLate)
        set { $0.addBusy() }
        #expect(!timer.mayFireTooLate)
        timer.cancel()
        set { $0.add(clock.instant + .seconds(1)) }
        #expect(timer.mayFireTooLate)
    }
}
