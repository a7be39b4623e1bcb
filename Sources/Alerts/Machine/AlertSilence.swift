package import Mail

/// Nobody is told of an alert for a while; it is looked at all the same, and stands in the log.
package struct AlertSilence: Hashable, Sendable {
    package var since: Timestamp
    package var until: Timestamp
    /// nil where nobody knows.
    package var who: String?
    package var reason: String?

    package init(since: Timestamp, until: Timestamp, who: String? = nil, reason: String? = nil) {
        (self.since, self.until, self.who, self.reason) = (since, until, who, reason)
    }
}
