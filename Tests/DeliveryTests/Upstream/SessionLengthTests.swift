import Testing
import Upstreams

@testable import Delivery

@Suite("How many messages a server takes in a session")
struct SessionLengthTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private var length = SessionLength()

    private func after(_ seconds: Int) -> MonotonicInstant { Self.start + .seconds(seconds) }

    private mutating func end(_ count: Int, idle: Duration = .zero, at seconds: Int = 0) -> Bool {
        length.ended(after: count, idle: idle, now: after(seconds))
    }

    private mutating func lasted(_ count: Int) -> Bool { length.lasted(count) }

    @Test("two sessions in a row of the same length are a habit")
    mutating func twice() {
        #expect(!end(3))
        #expect(!end(4))
        #expect(!end(3))
        #expect(length.limit == nil)
        #expect(end(3))
        #expect(length.limit == 3)
        #expect(length.limit(now: after(0)) == 3)
    }

    @Test("sessions without a message, and idle ones, teach nothing")
    mutating func nothing() {
        for _ in 0..<3 {
            #expect(!end(0))
            #expect(!end(5, idle: SessionLength.promptness))
        }
        #expect(length.limit == nil)
    }

    @Test("now and then a session may outlive the limit; each time in vain doubles the wait")
    mutating func tests() {
        _ = end(1)
        _ = end(1)
        #expect(length.limit(now: after(59)) == 1)
        #expect(length.limit(now: after(60)) == .max)
        #expect(!end(1, at: 60))
        // Another session of the same test.
        #expect(!end(1, at: 60))
        #expect(length.limit(now: after(179)) == 1)
        #expect(length.limit(now: after(180)) == .max)
    }

    @Test("a session that outlives the limit ends the habit")
    mutating func lasts() {
        _ = end(2)
        _ = end(2)
        #expect(!lasted(2))
        #expect(lasted(3))
        #expect(length.limit == nil)
        #expect(!lasted(4))
    }

    @Test("a shorter habit takes the place of a longer one")
    mutating func shorter() {
        _ = end(9)
        _ = end(9)
        #expect(!end(4))
        #expect(end(4))
        #expect(length.limit == 4)
    }
}
