import Glibc
internal import Mail

/// A semaphore whose limits count time that has passed. Dispatch's count by the system's clock: a wait of 50 ms lasts for
/// days if that is set back meanwhile.
final class MonotonicSemaphore: @unchecked Sendable {
    // Safety: `value` is accessed only with `mutex` locked.

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value = 0

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

    func signal() {
        pthread_mutex_lock(mutex)
        value += 1
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Takes a signal, when there is one.
    func wait() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while value == 0 { pthread_cond_wait(condition, mutex) }
        value -= 1
    }

    /// Takes a signal if one comes within the limit.
    func wait(atMost limit: Duration) -> Bool {
        var end = Self.time(in: limit)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while value == 0 {
            if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { break }
        }
        guard value > 0 else { return false }
        value -= 1
        return true
    }

    private static func time(in limit: Duration) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = time.tv_nsec + Int(limit.wholeMilliseconds % 1000) * 1_000_000
        time.tv_sec += Int(limit.wholeMilliseconds / 1000) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }
}
