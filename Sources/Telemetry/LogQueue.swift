internal import Mail
import Synchronization

/// Lines waiting to be written, and the thread that writes them in large batches.
final class LogQueue: Sendable {
    struct State: ~Copyable, Sendable {
        var line: LogLine
        var dropped = 0
        var hasArrivalSignal = false
        var hasUrgentSignal = false
        var isClosing = false
        var isClosed = false
    }

    /// Octets waiting beyond which lines below warning are dropped.
    let capacity: Int
    /// Additional octets for lines of level warning and above.
    static let reserve = 1 << 20
    /// Octets waiting at which the writer is woken at once.
    static let batch = 64 << 10
    /// Maximum time a line waits to be batched.
    static let gathering = Duration.milliseconds(50)

    private let state: Mutex<State>
    private let output: any LogOutput
    private let now: @Sendable () -> Timestamp
    private let arrival = MonotonicSemaphore()
    private let urgent = MonotonicSemaphore()
    private let ended = MonotonicSemaphore()

    init(format: LogFormat, capacity: Int, output: any LogOutput, now: @escaping @Sendable () -> Timestamp) {
        self.capacity = capacity
        self.output = output
        self.now = now
        state = Mutex(State(line: LogLine(format: format)))
    }

    /// Formats one line and queues it, or counts it as dropped; never waits for the writer.
    func append(_ level: LogLevel, _ event: StaticString, _ fields: (inout LogLine) -> Void) {
        let moment = now()
        state.withLock { state in
            guard !state.isClosed else { return }
            let limit = level >= .warning ? capacity + Self.reserve : capacity
            guard state.line.buffer.count < limit else {
                state.dropped += 1
                return
            }
            state.line.begin(level, event, at: moment)
            fields(&state.line)
            state.line.end()
            signal(&state)
        }
    }

    private func signal(_ state: inout State) {
        if !state.hasArrivalSignal {
            state.hasArrivalSignal = true
            arrival.signal()
        }
        if !state.hasUrgentSignal, state.isClosing || state.line.buffer.count >= Self.batch {
            state.hasUrgentSignal = true
            urgent.signal()
        }
    }

    /// The writer's loop; returns once ``close(timeout:)`` was called and everything has been written.
    func run() {
        var batch = LogLine(format: state.withLock { $0.line.format })
        while true {
            arrival.wait()
            let isUrgent = urgent.wait(atMost: Self.gathering)
            let isLast = take(&batch, urgentSignalTaken: isUrgent)
            batch.buffer.withBytes { output.write($0) }
            batch.buffer.removeAll()
            if isLast { break }
        }
        ended.signal()
    }

    /// Swaps the empty batch for the waiting lines; returns true if nothing will follow.
    private func take(_ batch: inout LogLine, urgentSignalTaken: Bool) -> Bool {
        let moment = now()
        let (isLast, hadUrgentSignal) = state.withLock { state in
            if state.dropped > 0 {
                state.line.begin(.warning, "log_lines_dropped", at: moment)
                state.line.field("count", state.dropped)
                state.line.end()
                state.dropped = 0
            }
            swap(&state.line, &batch)
            let hadUrgentSignal = state.hasUrgentSignal
            state.hasArrivalSignal = false
            state.hasUrgentSignal = false
            state.isClosed = state.isClosing
            return (state.isClosed, hadUrgentSignal)
        }
        // A signal that arrived after the wait timed out must not cut the next wait short.
        if hadUrgentSignal, !urgentSignalTaken { urgent.wait() }
        return isLast
    }

    /// Flushes everything and stops the writer, waiting at most `timeout`.
    func close(timeout: Duration) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            guard !state.isClosing else { return false }
            state.isClosing = true
            signal(&state)
            return true
        }
        guard isFirst else { return }
        _ = ended.wait(atMost: timeout)
    }
}
