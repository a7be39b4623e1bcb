internal import Glibc

/// A queue into one thread: many append, one takes everything collected.
final class Inbox<Element: Sendable>: @unchecked Sendable {
    // Safety: every mutable property is accessed only with `mutex` locked.

    private enum Waiting {
        case no
        case forAnything
        case forUrgent
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var urgent = false
    private var waiting = Waiting.no
    private var closed = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Appends an element; returns false, without doing so, once the inbox is closed. Wakes the consumer only if it
    /// sleeps.
    func append(_ element: Element, urgent: Bool = true) -> Bool {
        pthread_mutex_lock(mutex)
        guard !closed else {
            pthread_mutex_unlock(mutex)
            return false
        }
        elements.append(element)
        self.urgent = self.urgent || urgent
        let wake = waiting == .forAnything || (waiting == .forUrgent && urgent)
        if wake { waiting = .no }
        pthread_mutex_unlock(mutex)
        if wake { pthread_cond_signal(condition) }
        return true
    }

    /// Nothing can be appended any more; remaining elements can still be taken.
    func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Waits until there are elements, `deadline` (``Monotonic``) has passed, or the inbox is closed; takes everything.
    ///
    /// - Parameter patience: nanoseconds that non-urgent elements wait to be grouped.
    /// - Returns: false once the inbox is closed and empty.
    func take(into target: inout [Element], until deadline: Int64? = nil, patience: Int64 = 0) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
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
            pthread_cond_wait(condition, mutex)
            return true
        }
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }
}
