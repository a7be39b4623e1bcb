internal import Glibc
internal import Synchronization

/// One of the spool's threads.
package final class SpoolThread: Sendable {
    private final class Body {
        private let name: String
        private var run: (@Sendable () -> Void)?
        private let end: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void, end: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
            self.end = end
        }

        /// Releases everything the thread holds, such as connections, before anybody is told of its end.
        func perform() {
            SpoolThread.setName(name)
            run?()
            run = nil
            end()
        }
    }

    private struct State {
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Starts the thread; its name (at most 15 octets) is shown by `top` and debuggers.
    package init(_ name: String, _ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(name, run) { self.end() })
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().perform()
                return nil
            }, body.toOpaque())
        precondition(result == 0, "the system has no thread left for the spool")
        pthread_detach(thread)
    }

    /// Waits until the thread's body has returned.
    package func join() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    fileprivate static func setName(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = name.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }
}

/// Monotonic time in nanoseconds.
package enum Monotonic {
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// This duration in nanoseconds.
    package var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
