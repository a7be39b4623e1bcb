import Foundation

/// A value that one thread changes and another waits for.
///
/// Safety of `@unchecked Sendable`: `value` is accessed only between `lock` and `unlock` of `condition`.
final class Watched<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    var current: Value { change { $0 } }

    /// Changes the value and wakes waiters.
    @discardableResult
    func change<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        defer { condition.broadcast() }
        return try body(&value)
    }

    /// Blocks until `answer` is not nil; nil if that does not happen in time.
    func wait<Answer>(within limit: Duration, until answer: (Value) -> Answer?) -> Answer? {
        let deadline = Date(timeIntervalSinceNow: limit.seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let answer = answer(value) { return answer }
            if !condition.wait(until: deadline) { return answer(value) }
        }
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
