import Glibc
package import Mail
import Synchronization

/// The operator's log: one line per event, on standard error.
///
/// Where an event happens, its fields are copied into a buffer under a lock (``LogLine``); a thread of the log makes
/// lines of them and writes those within 50 ms, or as soon as 64 KiB have gathered. Nobody ever waits for the reader of
/// standard error: beyond 8 MiB, lines are dropped and counted, those of level warning and above last, and a line
/// `log_lines_dropped` says so afterwards.
///
/// Values cannot forge lines: anything that could end one is escaped (see ``LogRenderer``).
package final class EventLog: Sendable {
    private let queue: LogQueue
    private let level: Atomic<UInt8>
    private let isFeeding: Bool

    /// - Parameters:
    ///   - threshold: lines below this level are not written.
    ///   - capacity: octets of fields that may be buffered before lines are dropped.
    ///   - feed: gets every event of level info or above, whether it is written or not.
    package init(
        format: LogFormat = .text, threshold: LogLevel = .info, capacity: Int = 8 << 20,
        output: any LogOutput = DescriptorOutput.standardError, feed: EventFeed? = nil,
        now: @escaping @Sendable () -> Timestamp = { EventLog.wallClock() }
    ) {
        queue = LogQueue(format: format, capacity: capacity, output: output, feed: feed, now: now)
        isFeeding = feed != nil
        level = Atomic(threshold.rawValue)
        LogThread.start(queue)
    }

    deinit {
        queue.close(timeout: .seconds(2))
    }

    /// Lines below this level are not written; may be changed at any time.
    package var threshold: LogLevel {
        get { LogLevel(rawValue: level.load(ordering: .relaxed)) ?? .info }
        set { level.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Later lines have this format.
    package func replace(_ format: LogFormat) {
        queue.replace(format)
    }

    /// Whether an event of this level has a reader, in the log or in the feed.
    package func isEnabled(_ wanted: LogLevel) -> Bool {
        isWritten(wanted) || (isFeeding && wanted >= .info)
    }

    private func isWritten(_ wanted: LogLevel) -> Bool {
        wanted.rawValue >= level.load(ordering: .relaxed)
    }

    /// Writes one line, and adds the event to the feed.
    ///
    /// - Parameters:
    ///   - event: name of the event, one word in lower case.
    ///   - fields: adds the fields in order; runs under the log's lock, so it must do nothing else.
    package func log(_ level: LogLevel, _ event: StaticString, _ fields: (inout LogLine) -> Void = { _ in }) {
        guard isEnabled(level) else { return }
        queue.append(level, event, isWritten: isWritten(level), fields)
    }

    /// Writes out everything and closes the log, within `seconds` even if the reader has stalled; later lines are
    /// dropped.
    package func close(within seconds: Int = 2) {
        queue.close(timeout: .seconds(seconds))
    }

    /// The current time by the system clock.
    package static func wallClock() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
