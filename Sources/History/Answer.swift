internal import Spool

/// Whether another thread has done what this one waits for.
final class Answer: @unchecked Sendable {
    // Safety: mutable state is used with `condition` locked only.

    private let condition = MonotonicCondition()
    private var result: SpoolError??

    /// - Parameter error: why it has failed; nil if it has not.
    func give(_ error: SpoolError?) {
        condition.lock()
        result = .some(error)
        condition.unlock()
        condition.signal()
    }

    /// Waits for it.
    ///
    /// - Returns: why it has failed; nil if it has not.
    func wait() -> SpoolError? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return result }
            condition.wait()
        }
    }
}
