internal import CoreMetrics
import Synchronization

/// One value of a metric. Changed from any thread without a lock; never goes below 0 by itself.
package final class MetricSample: CounterHandler, MeterHandler, RecorderHandler, Sendable {
    private let stored = Atomic<Int>(0)

    package init() {}

    package var value: Int { stored.load(ordering: .relaxed) }

    package func add(_ amount: Int = 1) {
        stored.wrappingAdd(amount, ordering: .relaxed)
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
        stored.store(Int(value), ordering: .relaxed)
    }

    package func set(_ value: Double) {
        stored.store(Int(value), ordering: .relaxed)
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
