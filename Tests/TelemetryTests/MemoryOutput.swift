import Dispatch
import Synchronization
import Telemetry

/// Keeps the log's output; can stall like a reader that has stopped reading.
final class MemoryOutput: LogOutput {
    private let text = Mutex("")
    private let gate: DispatchSemaphore?
    private let entered = DispatchSemaphore(value: 0)

    /// - Parameter stalls: whether every write waits for a call of ``release()``.
    init(stalls: Bool = false) {
        gate = stalls ? DispatchSemaphore(value: 0) : nil
    }

    func write(_ lines: UnsafeRawBufferPointer) {
        entered.signal()
        gate?.wait()
        text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
    }

    /// Waits until a write has begun.
    func waitForWrite() {
        entered.wait()
    }

    /// Lets this many writes finish.
    func release(_ count: Int = 1) {
        for _ in 0..<count { gate?.signal() }
    }

    var lines: [String] {
        text.withLock { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast() }
    }
}
