import Testing
import Upstreams

@testable import Delivery

@Suite("How many recipients an upstream gets in one transaction")
struct RecipientLimitTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private var limit = RecipientLimit()

    private func after(_ seconds: Int) -> MonotonicInstant { Self.start + .seconds(seconds) }

    @Test(
        "it is what was answered, and at most half of what was asked",
        arguments: [(20, 100, 20), (99, 100, 50), (1, 100, 1), (1, 2, 1), (2, 3, 1)])
    mutating func cut(answered: Int, count: Int, expected: Int) {
        #expect(limit.value(now: after(0)) == nil)
        let isNews = limit.cut(after: answered, of: count, now: after(0))
        #expect(isNews)
        #expect(limit.value(now: after(1)) == expected)
    }

    @Test("whatever the server does, seven sessions are enough to come down from 100 to one")
    mutating func converges() {
        var (count, sessions) = (100, 0)
        while count > 1 {
            _ = limit.cut(after: count - 1, of: count, now: after(sessions))
            count = limit.value(now: after(sessions)) ?? .max
            sessions += 1
        }
        #expect(sessions <= 7)
    }

    @Test("sessions that began before do not raise it")
    mutating func burst() {
        _ = limit.cut(after: 20, of: 100, now: after(0))
        let isNews = limit.cut(after: 40, of: 100, now: after(0))
        #expect(!isNews)
        #expect(limit.value(now: after(0)) == 20)
    }

    @Test("later a transaction may exceed it, and each time that this fails it takes twice as long")
    mutating func test() {
        _ = limit.cut(after: 20, of: 100, now: after(0))
        #expect(limit.value(now: after(599)) == 20)
        #expect(limit.value(now: after(600)) == nil && limit.learned == 20)
        // Larger than before.
        let isNews = limit.cut(after: 30, of: 100, now: after(600))
        #expect(isNews)
        #expect(limit.value(now: after(1799)) == 30)
        #expect(limit.value(now: after(1800)) == nil)
    }

    @Test("a transaction that exceeds it and is answered ends it")
    mutating func lasted() {
        _ = limit.cut(after: 20, of: 100, now: after(0))
        var isForgotten = limit.lasted(20)
        #expect(!isForgotten && limit.learned == 20)
        isForgotten = limit.lasted(21)
        #expect(isForgotten && limit.learned == nil && limit.value(now: after(1)) == nil)
        isForgotten = limit.lasted(21)
        #expect(!isForgotten)
    }
}
