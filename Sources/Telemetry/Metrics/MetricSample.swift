internal import CoreMetrics
import Synchronization

/// One value of a metric, kept with a fixed number of digits behind the point. Changed from any thread without a lock;
/// never goes below 0 by itself.
package final class MetricSample: CounterHandler, MeterHandler, RecorderHandler, Sendable {
    private let stored = Atomic<Int>(0)

    /// Ten to the power of the digits.
    private let unit: Int

    /// What stands for more than can be counted.
    static let infinity = Int.max

    package init(decimals: Int = 0) {
        unit = (0..<decimals).reduce(1) { power, _ in power * 10 }
    }

    /// In units of the last digit; ``infinity`` for what is larger.
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
