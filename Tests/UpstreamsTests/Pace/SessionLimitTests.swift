import Testing
import Upstreams

@Suite("How many sessions an upstream may have")
struct SessionLimitTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private var limit = SessionLimit(ceiling: 20)

    private func after(_ seconds: Int) -> MonotonicInstant { Self.start + .seconds(seconds) }

    @Test("it is the ceiling, until a session is refused; then what was open beside that one")
    mutating func shrinks() {
        #expect(limit.value == 20)
        for open in (3...19).reversed() { limit.refused(open: open, now: after(0)) }
        #expect(limit.value == 3)
        limit.refused(open: 9, now: after(0))
        #expect(limit.value == 3)
        limit.refused(open: 0, now: after(0))
        #expect(limit.value == 1)
    }

    @Test("it grows by one at a time, up to the ceiling, and then it is forgotten")
    mutating func grows() {
        limit.refused(open: 17, now: after(0))
        for (seconds, value) in [(29, 17), (30, 18), (30, 18), (59, 18), (60, 19), (90, 20)] {
            limit.grow(now: after(seconds))
            #expect(limit.value == value, "\(seconds)")
        }
        #expect(limit.learned == nil)
    }

    @Test("a long silence lets it grow by one only: nothing has been tried meanwhile")
    mutating func quiet() {
        limit.refused(open: 3, now: after(0))
        limit.grow(now: after(3600))
        #expect(limit.value == 4)
        limit.grow(now: after(3600))
        #expect(limit.value == 4)
    }

    @Test("growth that is refused waits twice as long; refusals of one burst count once")
    mutating func doubles() {
        limit.refused(open: 3, now: after(0))
        limit.grow(now: after(30))
        limit.refused(open: 3, now: after(40))
        limit.refused(open: 3, now: after(40))
        limit.grow(now: after(99))
        #expect(limit.value == 3)
        limit.grow(now: after(100))
        #expect(limit.value == 4)
    }

    @Test("it may grow by more at a time, and does not pass the ceiling")
    mutating func steps() {
        limit.refused(open: 10, now: after(0))
        limit.grow(by: 4, now: after(30))
        #expect(limit.value == 14)
        limit.grow(by: 6, now: after(60))
        #expect(limit.value == 20)
        #expect(limit.learned == nil)
    }
}
