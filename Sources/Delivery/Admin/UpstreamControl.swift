/// An operator's order for one upstream.
package struct UpstreamControl: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case enable, disable, drain
        /// Opens the circuit as if it had failed.
        case trip
        /// Closes the circuit and restores all traffic at once.
        case reset
        /// Runs a health check now; answered when it has ended.
        case probe
    }

    package var action: Action
    package var reason: String?
    /// Duration; nil for until further notice or, with `trip`, for `open_duration`.
    package var duration: Duration?

    package init(_ action: Action, reason: String? = nil, duration: Duration? = nil) {
        self.action = action
        self.reason = reason
        self.duration = duration
    }
}
