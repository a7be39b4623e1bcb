internal import Glibc

/// A mutex with a condition for one waiting thread. Its time limits count by the monotonic clock: those of Dispatch count
/// by the system's clock, so that a wait of 50 ms lasts for days if that clock is set back meanwhile.
package final class MonotonicCondition: @unchecked Sendable {
    // Safety: both are made for use by several threads, and live as long as the object.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
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

    package func lock() { pthread_mutex_lock(mutex) }

    package func unlock() { pthread_mutex_unlock(mutex) }

    package func signal() { pthread_cond_signal(condition) }

    /// Waits for a signal, or for no reason; call it locked.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// The same, until a point of the monotonic clock in nanoseconds.
    ///
    /// - Returns: false once that has passed.
    package func wait(until deadline: Int64) -> Bool {
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }
}
