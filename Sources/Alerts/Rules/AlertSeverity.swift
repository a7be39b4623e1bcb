/// How much an alert matters; raw values are the words of relay.conf.
package enum AlertSeverity: String, Hashable, Sendable, CaseIterable, Codable {
    /// For whoever looks.
    case info
    /// For the same day.
    case warning
    /// Worth waking somebody.
    case critical
}
