/// Severity of a log line, for the operator; greater is more severe.
package enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
    /// For debugging the relay.
    case debug
    /// Normal mail traffic.
    case info
    /// Unusual, but handled by the relay.
    case notice
    /// Needs attention eventually.
    case warning
    /// Needs attention now.
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Parses the word used in relay.conf.
    package init?(name: some StringProtocol) {
        guard let level = Self.allCases.first(where: { "\($0.name)" == name }) else { return nil }
        self = level
    }

    /// The word used in relay.conf and in the log.
    package var name: StaticString {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// Format of the log's lines; raw values are those of relay.conf.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `2026-11-21T10:00:00.123Z info delivered id=06J... took=12ms`
    case text
    /// One JSON object per line: `time`, `level`, `event`, then the event's fields.
    case json
}
