package import Mail

/// A line of `round-trip list`.
package struct TripListing: Hashable, Sendable {
    package let standing: TripStanding
    /// Of the last 24 hours.
    package let total: TripRollup

    package init(_ standing: TripStanding, total: TripRollup) {
        (self.standing, self.total) = (standing, total)
    }

    package init(_ standing: TripStanding, _ history: TripHistory, now: Timestamp) {
        self.standing = standing
        total = history.total(standing.path, from: now - .seconds(86_400), until: now + .seconds(60), now: now)
    }
}
