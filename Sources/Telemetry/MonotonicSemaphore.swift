internal import Mail
internal import Spool

/// A semaphore whose time limits count by the monotonic clock.
final class MonotonicSemaphore: @unchecked Sendable {
    // Safety: `value` is accessed only with `condition` locked.

    private let condition = MonotonicCondition()
    private var value = 0

    func signal() {
        condition.lock()
        value += 1
        condition.unlock()
        condition.signal()
    }

    /// Takes a signal, when there is one.
    func wait() {
        condition.lock()
        defer { condition.unlock() }
        while value == 0 { condition.wait() }
        value -= 1
    }

    /// Takes a signal if one comes within the limit.
    func wait(atMost limit: Duration) -> Bool {
        let end = Monotonic.now + limit.wholeNanoseconds
        condition.lock()
        defer { condition.unlock() }
        while value == 0, condition.wait(until: end) {}
        guard value > 0 else { return false }
        value -= 1
        return true
    }
}
