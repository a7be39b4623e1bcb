internal import Mail
internal import Upstreams

/// How many messages of a stream may be handed over by now: a bucket that holds what a second brings, and one more, so that
/// parts of a message are not lost.
struct StreamRate {
    let rate: Rate
    private let perSecond: Double
    private var tokens: Double
    private var at: MonotonicInstant

    init(_ rate: Rate, now: MonotonicInstant) {
        self.rate = rate
        let parts = rate.per.components
        perSecond = Double(rate.count) / (Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
        at = now
        tokens = max(1, perSecond)
    }

    /// Whole messages that there is room for.
    mutating func available(at now: MonotonicInstant) -> Int {
        refill(at: now)
        return Int(tokens + Self.rounding)
    }

    /// Messages are handed over; as many as were available at most.
    mutating func take(_ messages: Int) { tokens = max(0, tokens - Double(messages)) }

    /// When there is room for one, or now.
    mutating func nextAt(_ now: MonotonicInstant) -> MonotonicInstant {
        refill(at: now)
        guard tokens + Self.rounding < 1 else { return now }
        return now + .nanoseconds(Int64(((1 - tokens) / perSecond * 1e9).rounded(.up)))
    }

    /// So that many small parts of a token make a whole one.
    private static let rounding = 1e-9

    private mutating func refill(at now: MonotonicInstant) {
        guard now > at else { return }
        tokens = min(1 + perSecond, tokens + Double(now.nanoseconds - at.nanoseconds) / 1e9 * perSecond)
        at = now
    }
}
