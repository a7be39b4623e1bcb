/// The `[log]` table of relay.conf.
package struct LogSettings: Hashable, Sendable {
    /// Minimum severity to log.
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case debug, info, notice, warning, error
    }

    package enum Format: String, Hashable, Sendable, CaseIterable {
        /// One readable line per event.
        case text
        /// One JSON object per event.
        case json
    }

    package var level = Level.info
    package var format = Format.text

    package init() {}
}
