package import Mail

/// How fast one upstream is given mail: a token bucket, whose rate sinks by half when the upstream asks to slow down and
/// grows slowly back (additive increase, multiplicative decrease).
///
/// Without `max_rate` there is no bucket until the upstream complains; the rate it was given mail at just then is what
/// is halved, and the bucket goes when the rate has grown to twice that.
package struct Throttle: Hashable, Sendable {
    private let limit: Rate?

    /// - Parameter limit: `max_rate`; nil for none.
    package init(limit: Rate?, now: Moment) {
        self.limit = limit
    }

    /// Messages per second that are allowed now; nil for any number.
    package var rate: Double? { nil }

    /// When the next message may go; nil for at once. Takes nothing.
    package func nextAllowed(now: Moment) -> Moment? { nil }

    /// A message goes.
    package mutating func take(now: Moment) {}

    /// The upstream asked to slow down. Several within a second are one.
    ///
    /// - Returns: the new rate in messages per second; nil when this one changed nothing.
    package mutating func slowDown(now: Moment) -> Double? { nil }
}
