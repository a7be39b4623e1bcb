package import Mail

/// What the log and the metrics get.
package enum AlertEvent: Sendable {
    /// An alert begins, is still so, or is over.
    case told(AlertNotice)
    /// Somebody was told.
    case notified(sink: String, AlertNotification)
    /// Somebody was not told.
    ///
    /// - Parameter next: when it is tried again; nil for never.
    case notNotified(sink: String, AlertNotification, reason: String, next: Timestamp?)
    case silenced(String, AlertSilence)
    case unsilenced(String, who: String?, reason: String?)
    case tested(String, who: String?, reason: String?)
    /// How the alerts stood is lost; the file was set aside as `keptAt`, if that was possible.
    case stateLost(path: String, reason: String, keptAt: String?)
    /// How they stand would be lost in a restart.
    case stateUnsaved(path: String, reason: String)
}
