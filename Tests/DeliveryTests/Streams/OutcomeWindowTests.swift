import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Outcomes of a stream within the last while")
struct OutcomeWindowTests {
    private func instant(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("What is older than the window counts no more")
    func forgets() {
        var window = OutcomeWindow(.seconds(60), parts: 6)
        #expect(window.sum(at: instant(0)) == StreamCounts())
        window.add(StreamCounts(delivered: 3, failed: 1, hard: 1), at: instant(5))
        #expect(window.sum(at: instant(59)).bounceRate == 0.25)
        window.add(StreamCounts(delivered: 6), at: instant(30))
        #expect(window.sum(at: instant(30)).total == 10)
        #expect(window.sum(at: instant(60)) == StreamCounts(delivered: 6))
        #expect(window.sum(at: instant(1000)) == StreamCounts())
        window.clear()
        #expect(window.sum(at: instant(30)) == StreamCounts())
    }

    @Test("It agrees with a list of everything that happened, whenever it is asked", arguments: UInt64(1)...40)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = OutcomeWindow(.seconds(120))
        var all: [(part: Int64, counts: StreamCounts)] = []
        var now = Int64.random(in: -500...500, using: &generator)
        for _ in 0..<300 {
            now += Int64.random(in: 0...40, using: &generator)
            // Parts of ten seconds each.
            let part = Int64((Double(now) / 10).rounded(.down))
            if Bool.random(using: &generator) {
                let failed = Int.random(in: 0...3, using: &generator)
                let counts = StreamCounts(
                    delivered: Int.random(in: 0...3, using: &generator), failed: failed,
                    hard: Int.random(in: 0...failed, using: &generator))
                window.add(counts, at: instant(Double(now)))
                all.append((part, counts))
            }
            var expected = StreamCounts()
            for entry in all where part - entry.part < 12 { expected += entry.counts }
            #expect(window.sum(at: instant(Double(now))) == expected, "seed \(seed), at \(now)")
        }
    }

    @Test("Time that seems to go back loses nothing")
    func backwards() {
        var window = OutcomeWindow(.seconds(60), parts: 6)
        window.add(StreamCounts(delivered: 1), at: instant(100))
        window.add(StreamCounts(delivered: 1), at: instant(20))
        #expect(window.sum(at: instant(20)).delivered == 2 && window.sum(at: instant(100)).delivered == 2)
    }

    private let wall = Timestamp(milliseconds: 1_800_000_000_000)

    @Test("Restarts neither lengthen nor shorten the life of an outcome", arguments: UInt64(1)...20)
    func restarts(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = OutcomeWindow(.seconds(120))
        var (now, all) = (0.0, [Double]())
        // The monotonic clock of each process begins anywhere.
        var begin = 0.0
        func moment() -> (MonotonicInstant, Timestamp) {
            (instant(now - begin), wall + .milliseconds(Int64(now * 1000)))
        }
        for _ in 0..<200 {
            now += Double.random(in: 0...20, using: &generator).rounded()
            if Bool.random(using: &generator) {
                window.add(StreamCounts(delivered: 1), at: moment().0)
                all.append(now)
            } else {
                let history = window.history(at: moment().0, wall: moment().1)
                now += Double.random(in: 0...20, using: &generator).rounded()
                begin = Double.random(in: -1000...1000, using: &generator).rounded()
                window = OutcomeWindow(.seconds(120))
                if let history { window.restore(history, at: moment().0, wall: moment().1) }
            }
            // Parts have ten seconds each.
            let (least, most) = (all.count { now - $0 <= 110 }, all.count { now - $0 < 120 })
            #expect((least...most).contains(window.sum(at: moment().0).delivered), "seed \(seed), at \(now)")
        }
    }

    @Test("A later process goes on with what is not too old")
    func restore() throws {
        var window = OutcomeWindow(.seconds(60), parts: 6)
        window.add(StreamCounts(delivered: 1), at: instant(5))
        window.add(StreamCounts(failed: 2, hard: 2), at: instant(32))
        let history = try #require(window.history(at: instant(35), wall: wall))
        #expect(history.beganAt == wall - .seconds(5))
        #expect(history.parts.map(\.total) == [2, 0, 0, 1])
        func sum(after seconds: Int) -> StreamCounts {
            var window = OutcomeWindow(.seconds(60), parts: 6)
            window.restore(history, at: instant(1000), wall: wall + .seconds(seconds))
            return window.sum(at: instant(1000))
        }
        #expect([0, 24, 25, 54, 55, 4000].map { sum(after: $0).total } == [3, 3, 2, 2, 0, 0])
        #expect(sum(after: -4000).total == 3, "the clock was set back")
        #expect(OutcomeWindow(.seconds(60)).history(at: instant(0), wall: wall) == nil)
        #expect(window.history(at: instant(1000), wall: wall) == nil)
    }
}
