package import Logging

/// Routes swift-log messages into the same log, as lines `log` with the fields `logger` and `message`.
package struct EventLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let log: EventLog

    /// - Parameter level: minimum level; library messages below it are of little use to an operator.
    package init(label: String, log: EventLog, level: Logger.Level = .notice) {
        self.label = label
        self.log = log
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let level = Self.level(event.level)
        guard log.isEnabled(level) else { return }
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { _, own in own }
        all.merge(event.metadata ?? [:]) { _, own in own }
        let fields = all.sorted { $0.key < $1.key }.map { (Self.name($0.key), $0.value.description) }
        let message = event.message.description
        log.log(level, "log") { line in
            line.field("logger", label)
            line.field("message", message)
            line.field("error", event.error.map { "\($0)" })
            for (name, value) in fields { line.field(named: name, value) }
        }
    }

    private static func level(_ level: Logger.Level) -> LogLevel {
        switch level {
        case .trace, .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error, .critical: .error
        }
    }

    /// Metadata must not shadow the log's own fields.
    private static func name(_ key: String) -> String {
        ["time", "level", "event", "logger", "message", "error"].contains(key) ? "meta_" + key : key
    }
}

extension EventLog {
    /// A swift-log logger that writes to this log.
    package func logger(label: String, level: Logger.Level = .notice) -> Logger {
        Logger(label: label) { EventLogHandler(label: $0, log: self, level: level) }
    }
}
