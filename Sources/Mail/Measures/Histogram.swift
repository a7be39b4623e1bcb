internal import Synchronization

/// Counts values by size. Its owner keeps it: recording takes no lock and looks nothing up, and costs two additions.
///
/// Values are whole numbers in the unit of the bounds, such as microseconds.
package final class Histogram: Sendable {
    /// What it has counted at one moment.
    package struct Reading: Hashable, Sendable {
        /// Values up to each bound and above the one before; last, those above all bounds.
        package let counts: [Int]
        /// Of all values.
        package let sum: Int

        package init(counts: [Int], sum: Int) {
            self.counts = counts
            self.sum = sum
        }

        package var count: Int { counts.reduce(0, +) }
    }

    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }

    /// Inclusive upper bounds, increasing.
    package let bounds: [Int]
    private let cells: [Cell]
    private let sum = Atomic<Int>(0)

    /// - Parameter bounds: increasing.
    package init(_ bounds: [Int]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "the bounds of a histogram increase")
        self.bounds = bounds
        cells = (0...bounds.count).map { _ in Cell() }
    }

    /// Counts a value; a negative one, which only a clock that was set can bring about, as 0.
    package func record(_ value: Int) {
        let value = max(0, value)
        var place = 0
        while place < bounds.count, bounds[place] < value { place += 1 }
        cells[place].value.wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// Counts a time, in microseconds.
    package func record(_ time: Duration) { record(time.wholeMicroseconds) }

    /// The same for a time that is known in nanoseconds, without the division of 128 bits that a `Duration` costs.
    package func record(nanoseconds: Int64) { record(Int(nanoseconds / 1000)) }

    package var reading: Reading {
        Reading(
            counts: cells.map { $0.value.load(ordering: .relaxed) }, sum: sum.load(ordering: .relaxed))
    }
}

extension Duration {
    /// Rounded down towards zero; the nearest representable number for what is longer than 292,000 years.
    package var wholeMicroseconds: Int {
        Int(clamping: attoseconds / 1_000_000_000_000)
    }
}
