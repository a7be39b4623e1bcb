internal import CoreMetrics
import Synchronization

/// One value of a metric, with a fixed number of decimals. Can be changed from any thread without a lock; decrements
/// stop at 0.
package final class MetricSample: CounterHandler, MeterHandler, RecorderHandler, Sendable {
    private let stored = Atomic<Int>(0)

    /// Ten to the power of the decimals.
    private let unit: Int

    /// Represents values too large to count.
    static let infinity = Int.max

    package init(decimals: Int = 0) {
        unit = (0..<decimals).reduce(1) { power, _ in power * 10 }
    }

    /// In units of the last decimal; ``infinity`` for anything larger.
    package var value: Int { stored.load(ordering: .relaxed) }

    package func add(_ amount: Int = 1) {
        stored.wrappingAdd(amount * unit, ordering: .relaxed)
    }

    package func increment(by amount: Int64) {
        add(Int(amount))
    }

    package func increment(by amount: Double) {
        add(Int(amount))
    }

    package func decrement(by amount: Double) {
        add(-Int(amount))
    }

    package func set(_ value: Int64) {
        let (product, overflows) = Int(value).multipliedReportingOverflow(by: unit)
        stored.store(overflows ? Self.infinity : product, ordering: .relaxed)
    }

    package func set(_ value: Double) {
        let rounded = (value * Double(unit)).rounded()
        stored.store(Int(exactly: rounded) ?? (rounded < 0 ? 0 : Self.infinity), ordering: .relaxed)
    }

    package func record(_ value: Int64) {
        set(value)
    }

    package func record(_ value: Double) {
        set(value)
    }

    package func reset() {
        stored.store(0, ordering: .relaxed)
    }
}
