/// How much an operator should care about a line of the log; greater is graver.
package enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
    /// For those who look for a fault in the relay.
    case debug
    /// The ordinary way of mail.
    case info
    /// Unusual, and the relay deals with it.
    case notice
    /// Somebody should look at it when there is time.
    case warning
    /// Somebody should look at it now.
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Reads the word used in relay.conf.
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

/// The form of the log's lines; the words are those of relay.conf.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `2026-11-21T10:00:00.123Z info delivered id=06J... took=12ms`
    case text
    /// One JSON object a line: `time`, `level`, `event`, then the event's fields.
    case json
}
