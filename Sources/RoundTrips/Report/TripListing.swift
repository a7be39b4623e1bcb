package import Mail

/// A line of `round-trip list`.
package struct TripListing: Hashable, Sendable {
    package let standing: TripStanding
    /// Of the last 24 hours.
    package let total: TripRollup
    /// Why it is not `ok`, for people.
    package let cause: String?

    package init(_ standing: TripStanding, _ history: TripHistory, cause: String? = nil, now: Timestamp) {
        self.standing = standing
        self.cause = cause
        total = history.total(standing.path, from: now - .seconds(86_400), until: now + .seconds(60), now: now)
    }
}
