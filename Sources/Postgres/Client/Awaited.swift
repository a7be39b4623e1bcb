internal import Spool

/// A value that one thread waits for, and another one brings.
///
/// Safety of `@unchecked Sendable`: `value` is accessed with `condition` locked.
final class Awaited<Value: Sendable>: @unchecked Sendable {
    private let condition = MonotonicCondition()
    private var value: Value?

    func fulfil(_ value: Value) {
        condition.lock()
        self.value = value
        condition.unlock()
        condition.signal()
    }

    /// - Returns: nil once the deadline has passed.
    func wait(until deadline: ContinuousClock.Instant) -> Value? {
        let end = Monotonic.now + ContinuousClock.now.duration(to: deadline).wholeNanoseconds
        condition.lock()
        defer { condition.unlock() }
        while value == nil, condition.wait(until: end) {}
        return value
    }
}
