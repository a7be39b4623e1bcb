/// How a path stands.
package struct TripStanding: Hashable, Sendable {
    package let path: TripPath
    /// nil before the first.
    package let verdict: TripVerdict?
    /// From acceptance to arrival, of the last probe that arrived.
    package let lastTotal: Duration?
    package let underWay: Int
}
