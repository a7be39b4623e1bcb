/// What marks a message as a probe of a round trip.
public struct ProbeMark: Hashable, Sendable {
    /// Name of the round trip.
    public let trip: String
    /// The only upstream that it may go through; nil for one that goes as routed.
    public let upstream: String?
    /// Unique among the probes of a relay.
    public let number: UInt64

    public init(trip: String, upstream: String?, number: UInt64) {
        self.trip = trip
        self.upstream = upstream
        self.number = number
    }
}
