import Testing

@testable import Mail

@Suite("Histograms")
struct HistogramTests {
    @Test("a value counts in the first bucket whose bound it does not exceed, and above all bounds in the last one")
    func buckets() {
        let histogram = Histogram([10, 20, 50])
        for value in [0, 10, 11, 20, 21, 50, 51, 1000] { histogram.record(value) }
        #expect(histogram.reading == Histogram.Reading(counts: [2, 2, 2, 2], sum: 1163))
        #expect(histogram.reading.count == 8)
    }

    @Test("a new one has counted nothing")
    func empty() {
        #expect(Histogram([1]).reading == Histogram.Reading(counts: [0, 0], sum: 0))
        #expect(Histogram([]).reading == Histogram.Reading(counts: [0], sum: 0))
    }

    @Test("a negative value, as from a clock that was set, counts as 0")
    func negative() {
        let histogram = Histogram([0, 10])
        histogram.record(-5)
        histogram.record(.seconds(-1))
        #expect(histogram.reading == Histogram.Reading(counts: [2, 0, 0], sum: 0))
    }

    @Test("a time counts in whole microseconds")
    func times() {
        let histogram = Histogram([1000, 1_000_000])
        histogram.record(.nanoseconds(1_000_999))
        histogram.record(nanoseconds: 1_000_999)
        histogram.record(.milliseconds(2))
        histogram.record(.seconds(3))
        histogram.record(nanoseconds: -7000)
        #expect(histogram.reading == Histogram.Reading(counts: [3, 1, 1], sum: 3_004_000))
    }

    @Test(
        "a duration in microseconds is rounded towards zero, and never overflows",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1999), 1), (.nanoseconds(-1999), -1), (.seconds(86_400), 86_400_000_000),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (.seconds(9_223_372_036_854), 9_223_372_036_854_000_000),
        ])
    func microseconds(duration: Duration, expected: Int) {
        #expect(duration.wholeMicroseconds == expected)
    }

    @Test("many threads record without a loss")
    func threads() async {
        let histogram = Histogram([5])
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 { tasks.addTask { for value in 0..<10_000 { histogram.record(value % 10) } } }
        }
        #expect(histogram.reading == Histogram.Reading(counts: [24_000, 16_000], sum: 180_000))
    }
}
