package import Mail

/// Admin state of an upstream, set by operators.
package enum AdminState: String, Hashable, Sendable, CaseIterable, Codable {
    case enabled
    /// No new mail; queued messages are still sent.
    case draining
    /// No new mail and no probes; queued messages go elsewhere, and those in progress finish.
    case disabled
}

/// The admin state of one upstream, as persisted.
package struct AdminOverride: Hashable, Sendable {
    package var state: AdminState
    package var reason: String?
    package var since: Timestamp
    /// When it is enabled again automatically; nil for never.
    package var until: Timestamp?

    package init(state: AdminState, reason: String? = nil, since: Timestamp, until: Timestamp? = nil) {
        self.state = state
        self.reason = reason
        self.since = since
        self.until = until
    }
}
