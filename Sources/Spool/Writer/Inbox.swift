/// A queue into one thread: many append, one takes everything collected.
package final class Inbox<Element: Sendable>: @unchecked Sendable {
    // Safety: every mutable property is accessed only with `condition` locked.

    private enum Waiting {
        case no
        case forAnything
        case forUrgent
    }

    private let condition = MonotonicCondition()
    private var elements: [Element] = []
    private var urgent = false
    private var waiting = Waiting.no
    private var closed = false

    package init() {}

    /// Appends an element; returns false, without doing so, once the inbox is closed. Wakes the consumer only if it
    /// sleeps.
    package func append(_ element: Element, urgent: Bool = true) -> Bool {
        condition.lock()
        guard !closed else {
            condition.unlock()
            return false
        }
        elements.append(element)
        self.urgent = self.urgent || urgent
        let wake = waiting == .forAnything || (waiting == .forUrgent && urgent)
        if wake { waiting = .no }
        condition.unlock()
        if wake { condition.signal() }
        return true
    }

    /// Nothing can be appended any more; remaining elements can still be taken.
    package func close() {
        condition.lock()
        closed = true
        condition.unlock()
        condition.signal()
    }

    /// Waits until there are elements, `deadline` (``Monotonic``) has passed, or the inbox is closed; takes everything.
    ///
    /// - Parameter patience: nanoseconds that non-urgent elements wait to be grouped.
    /// - Returns: false once the inbox is closed and empty.
    package func take(into target: inout [Element], until deadline: Int64? = nil, patience: Int64 = 0) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty, !closed, wait(.forAnything, until: deadline) {}
        if !elements.isEmpty, !urgent, !closed, patience > 0 {
            let end = Monotonic.now + patience
            while !urgent, !closed, wait(.forUrgent, until: end) {}
        }
        waiting = .no
        urgent = false
        target.removeAll(keepingCapacity: true)
        swap(&target, &elements)
        return !(closed && target.isEmpty)
    }

    /// False once the deadline has passed.
    private func wait(_ kind: Waiting, until deadline: Int64?) -> Bool {
        waiting = kind
        guard let deadline else {
            condition.wait()
            return true
        }
        return condition.wait(until: deadline)
    }
}
