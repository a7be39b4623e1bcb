internal import Mail
import Synchronization

/// Records waiting to be written as lines, and the thread that writes them in large batches.
final class LogQueue: Sendable {
    struct State: ~Copyable, Sendable {
        var line = LogLine()
        var dropped = 0
        var hasArrivalSignal = false
        var hasUrgentSignal = false
        var isClosing = false
        var isClosed = false
    }

    /// Octets of records waiting beyond which those below warning are dropped.
    let capacity: Int
    /// Additional octets for records of level warning and above.
    static let reserve = 1 << 20
    /// Octets waiting at which the writer is woken at once.
    static let batch = 64 << 10
    /// Maximum time a record waits to be batched.
    static let gathering = Duration.milliseconds(50)
    /// Octets of lines that are written at once, more or less.
    private static let portion = 4 << 20

    private let state = Mutex(State())
    private let format: Mutex<LogFormat>
    private let feed: EventFeed?
    private let output: any LogOutput
    private let now: @Sendable () -> Timestamp
    private let arrival = MonotonicSemaphore()
    private let urgent = MonotonicSemaphore()
    private let ended = MonotonicSemaphore()

    /// - Parameter feed: gets every record of level info or above as well.
    init(
        format: LogFormat, capacity: Int, output: any LogOutput, feed: EventFeed?,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.format = Mutex(format)
        self.capacity = capacity
        self.output = output
        self.feed = feed
        self.now = now
    }

    /// Later lines have this format.
    func replace(_ format: LogFormat) {
        self.format.withLock { $0 = format }
    }

    /// Queues one record, or counts it as dropped; never waits for the writer.
    ///
    /// - Parameter isWritten: whether it is for the log, and not only for the feed.
    func append(_ level: LogLevel, _ event: StaticString, isWritten: Bool, _ fields: (inout LogLine) -> Void) {
        let moment = now()
        state.withLock { state in
            guard !state.isClosed else { return }
            let limit = level >= .warning ? capacity + Self.reserve : capacity
            let fits = state.line.buffer.count < limit
            let feed = level >= .info ? feed : nil
            guard fits || feed != nil else {
                state.dropped += 1
                return
            }
            state.line.begin(level, event, at: moment)
            fields(&state.line)
            state.line.end()
            feed?.append(state.line)
            guard isWritten, fits else {
                state.line.takeBack()
                if isWritten { state.dropped += 1 }
                return
            }
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
        var batch = LogLine()
        var lines = LogRenderer(format.withLock { $0 })
        while true {
            arrival.wait()
            let isUrgent = urgent.wait(atMost: Self.gathering)
            let isLast = take(&batch, urgentSignalTaken: isUrgent)
            let wanted = format.withLock { $0 }
            if wanted != lines.format { lines = LogRenderer(wanted) }
            batch.buffer.withBytes { write($0, &lines) }
            batch.buffer.removeAll()
            if isLast { break }
        }
        ended.signal()
    }

    private func write(_ records: UnsafeRawBufferPointer, _ lines: inout LogRenderer) {
        LogRecord.forEach(in: records) { record in
            lines.append(record)
            if lines.buffer.count >= Self.portion { write(&lines) }
        }
        if lines.buffer.count > 0 { write(&lines) }
    }

    private func write(_ lines: inout LogRenderer) {
        lines.buffer.withBytes { output.write($0) }
        lines.removeAll()
    }

    /// Swaps the empty batch for the waiting records; returns true if nothing will follow.
    private func take(_ batch: inout LogLine, urgentSignalTaken: Bool) -> Bool {
        let moment = now()
        let (isLast, hadUrgentSignal) = state.withLock { state in
            if state.dropped > 0 {
                state.line.begin(.warning, "log_lines_dropped", at: moment)
                state.line.field("count", state.dropped)
                state.line.end()
                feed?.append(state.line)
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
