package import Mail

/// How a path stands.
package struct TripStanding: Hashable, Sendable {
    package let path: TripPath
    /// nil before the first, like the next two.
    package let verdict: TripVerdict?
    /// Why, as it was when the verdict changed.
    package let cause: String?
    /// By the system's clock.
    package let since: Timestamp?
    /// From acceptance to arrival, of the last probe that arrived.
    package let lastTotal: Duration?
    package let underWay: Int

    package init(
        path: TripPath, verdict: TripVerdict? = nil, cause: String? = nil, since: Timestamp? = nil,
        lastTotal: Duration? = nil, underWay: Int = 0
    ) {
        self.path = path
        (self.verdict, self.cause, self.since) = (verdict, cause, since)
        (self.lastTotal, self.underWay) = (lastTotal, underWay)
    }
}
