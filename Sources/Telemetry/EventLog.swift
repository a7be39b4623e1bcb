import Dispatch
import Glibc
package import Mail
import Synchronization

/// The operator's log: one line an event, on standard error.
///
/// A line is formatted where the event happens, straight into octets that wait, under a lock, and is written by a
/// thread of the log's own, some 50 ms later at most or when 64 KiB have gathered. Nobody ever waits for the reader of
/// standard error: when 8 MiB wait, lines are dropped and counted, those of level warning and above last, and a line
/// `log_lines_dropped` says so afterwards.
///
/// Values cannot forge lines: what could end one is escaped (see ``LogLine``).
package final class EventLog: Sendable {
    private let queue: LogQueue
    private let level: Atomic<UInt8>

    /// - Parameters:
    ///   - threshold: lines below this level are not made.
    ///   - capacity: octets that may wait before lines are dropped.
    package init(
        format: LogFormat = .text, threshold: LogLevel = .info, capacity: Int = 8 << 20,
        output: any LogOutput = DescriptorOutput.standardError,
        now: @escaping @Sendable () -> Timestamp = { EventLog.wallClock() }
    ) {
        queue = LogQueue(format: format, capacity: capacity, output: output, now: now)
        level = Atomic(threshold.rawValue)
        LogThread.start(queue)
    }

    deinit {
        queue.close(timeout: .seconds(2))
    }

    /// Lines below this level are not made; may be changed at any time.
    package var threshold: LogLevel {
        get { LogLevel(rawValue: level.load(ordering: .relaxed)) ?? .info }
        set { level.store(newValue.rawValue, ordering: .relaxed) }
    }

    package func isEnabled(_ wanted: LogLevel) -> Bool {
        wanted.rawValue >= level.load(ordering: .relaxed)
    }

    /// Writes one line.
    ///
    /// - Parameters:
    ///   - event: the name of what happened, one word in lower case.
    ///   - fields: adds the fields, in their order; runs under the log's lock, so it does nothing else.
    package func log(_ level: LogLevel, _ event: StaticString, _ fields: (inout LogLine) -> Void = { _ in }) {
        guard isEnabled(level) else { return }
        queue.append(level, event, fields)
    }

    /// Writes out everything and ends the log, within `seconds` even if the reader has stalled; what is logged later is
    /// dropped.
    package func close(within seconds: Int = 2) {
        queue.close(timeout: .seconds(seconds))
    }

    /// The time of day by the system's clock.
    package static func wallClock() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
