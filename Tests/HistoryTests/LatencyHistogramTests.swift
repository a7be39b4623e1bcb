import Mail
import TestKit
import Testing

@testable import History

@Suite("Percentiles of latencies")
struct LatencyHistogramTests {
    @Test("are exact up to a quarter of a second")
    func exact() {
        var histogram = LatencyHistogram()
        for value in 1...100 { histogram.add(Int64(value)) }
        #expect(histogram.percentile(0.5) == .milliseconds(50))
        #expect(histogram.percentile(0.95) == .milliseconds(95))
        #expect(histogram.percentile(0.99) == .milliseconds(99))
        #expect(histogram.percentile(1) == .milliseconds(100))
        #expect(histogram.count == 100)
    }

    @Test("are within a hundredth above", arguments: [300, 1_000, 65_537, 86_400_000, 400_000_000] as [Int64])
    func close(value: Int64) throws {
        var histogram = LatencyHistogram()
        histogram.add(value)
        let found = try #require(histogram.percentile(0.5)).wholeMilliseconds
        #expect(abs(found - value) * 100 <= value)
    }

    @Test("agree with a sorted list")
    func sorted() throws {
        var (random, values, histogram) = (SeededGenerator(seed: 7), [Int64](), LatencyHistogram())
        for _ in 0..<5000 {
            let value = Int64.random(in: 0..<(1 << Int64.random(in: 1...30, using: &random)), using: &random)
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        for part in [0.5, 0.9, 0.95, 0.99] {
            let wanted = values[Int((part * 5000).rounded(.up)) - 1]
            let found = try #require(histogram.percentile(part)).wholeMilliseconds
            #expect(abs(found - wanted) * 100 <= max(wanted, 1), "\(part)")
        }
    }

    @Test("do not exist without a value, and count what a clock set back as zero")
    func edges() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == nil)
        histogram.add(-5)
        #expect(histogram.percentile(0.5) == .zero)
        histogram.add(.max)
        #expect(histogram.percentile(1)! > .seconds(1 << 40))
    }
}
