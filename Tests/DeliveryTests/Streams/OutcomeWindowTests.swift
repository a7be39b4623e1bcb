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
}
