/// The `[log]` table of relay.conf.
package struct LogSettings: Hashable, Sendable {
    /// The least grave lines that are written.
    package enum Level: String, Hashable, Sendable, CaseIterable {
        case debug, info, notice, warning, error
    }

    package enum Format: String, Hashable, Sendable, CaseIterable {
        /// One readable line for each event.
        case text
        /// One JSON object for each event.
        case json
    }

    package var level = Level.info
    package var format = Format.text

    package init() {}
}
