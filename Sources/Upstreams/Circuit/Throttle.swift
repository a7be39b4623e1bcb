package import Mail

/// Rate control for one upstream: a token bucket whose rate is halved when the upstream asks to slow down, and slowly
/// grows back (additive increase, multiplicative decrease).
///
/// Without `max_rate` there is no bucket until the upstream complains; then the current rate is halved, and the bucket
/// is dropped once the rate has doubled again to that value's double. The rate grows every ten seconds, by a tenth of
/// `max_rate`, or of the rate at the first complaint. It does not fall below six messages per minute, or `max_rate` if
/// that is less.
///
/// The bucket holds one second's worth, and at least one message. It may owe one message, or as many as did not wait for
/// their turn; the rate over time is kept all the same.
package struct Throttle: Hashable, Sendable {
    private static let leastRate = 0.1
    private static let growthInterval = Duration.seconds(10)
    /// Complaints within this time of the last one are about the same messages.
    private static let complaintLength = Duration.seconds(1)

    /// Messages per second.
    private var limit: Double?
    private var bucket: Bucket?
    private var traffic = Traffic()
    private var lastRateComplaint: MonotonicInstant?
    /// As of the last message or complaint.
    package private(set) var rate: Double?

    /// - Parameter limit: `max_rate`; nil for none.
    package init(limit: Rate?, now: MonotonicInstant) {
        self.limit = limit.map { Double($0.count) / $0.per.seconds }
        self.rate = self.limit
        self.bucket = self.limit.map { Bucket(rate: $0, growth: $0 / 10, ceiling: $0, tokens: max(1, $0), now: now) }
    }

    /// Another `max_rate` applies at once. A rate that the upstream has asked for stays, up to the new limit.
    package mutating func replace(limit: Rate?, now: MonotonicInstant) {
        let next = Throttle(limit: limit, now: now)
        guard next.limit != self.limit else { return }
        let (present, old, isReduced) = (rate(now: now), bucket, isReduced(now: now))
        self.limit = next.limit
        guard let ceiling = next.limit else {
            if !isReduced { bucket = nil }
            self.rate = isReduced ? present : nil
            return
        }
        let rate = isReduced ? min(present ?? ceiling, ceiling) : ceiling
        bucket = Bucket(
            rate: rate, growth: ceiling / 10, ceiling: ceiling,
            tokens: min(old?.tokens(now: now) ?? max(1, rate), max(1, rate)), now: now)
        self.rate = rate
    }

    /// Whether the upstream has asked for less than the limit.
    private func isReduced(now: MonotonicInstant) -> Bool {
        bucket.map { $0.rate(now: now) < $0.ceiling } ?? false
    }

    /// Messages per second currently allowed; nil for no limit.
    package func rate(now: MonotonicInstant) -> Double? {
        guard let bucket else { return nil }
        let rate = bucket.rate(now: now)
        return limit == nil && rate >= bucket.ceiling ? nil : rate
    }

    /// When the next message may go; nil for at once. Takes nothing.
    ///
    /// - Parameter isOwed: whether the message may have the token that comes next, before it is there, so that no other gets
    ///   it; those after it wait the longer.
    package func nextAllowed(now: MonotonicInstant, isOwed: Bool = false) -> MonotonicInstant? {
        guard let bucket, let rate = rate(now: now) else { return nil }
        // Tokens are sums of many small parts: a millionth of one may be missing.
        let missing = (isOwed ? 0 : 1) - bucket.tokens(now: now)
        guard missing > 1e-6 else { return nil }
        return now + .nanoseconds(Int64((missing / rate * 1e9 - 1e-3).rounded(.up)))
    }

    /// A message goes, whether or not it was its turn.
    package mutating func take(now: MonotonicInstant) {
        if limit == nil { traffic.note(now: now) }
        guard bucket != nil else { return }
        rate = rate(now: now)
        if rate == nil { bucket = nil } else { bucket?.take(now: now) }
    }

    /// The upstream asked to slow down. Several requests within a second count as one.
    ///
    /// - Returns: the new rate in messages per second; nil if nothing changed.
    package mutating func slowDown(now: MonotonicInstant) -> Double? {
        if let lastRateComplaint, now - lastRateComplaint < Self.complaintLength { return nil }
        lastRateComplaint = now
        let present = rate(now: now)
        let observed = present ?? traffic.rate(now: now)
        let slower = max(observed / 2, min(Self.leastRate, limit ?? Self.leastRate))
        // Without a limit the only target rate is the one that was too high; it is remembered from the first complaint.
        let old = present == nil ? nil : bucket
        bucket = Bucket(
            rate: slower, growth: old?.growth ?? observed / 10, ceiling: old?.ceiling ?? observed * 2, tokens: 0,
            now: now)
        rate = slower
        return slower == present ? nil : slower
    }

    private struct Bucket: Hashable {
        /// The rate at `since`.
        var rate: Double
        /// Growth of the rate per interval.
        let growth: Double
        let ceiling: Double
        let since: MonotonicInstant
        /// At `updated`; negative after messages that did not wait for their turn.
        var tokens: Double
        var updated: MonotonicInstant

        init(rate: Double, growth: Double, ceiling: Double, tokens: Double, now: MonotonicInstant) {
            self.rate = rate
            self.growth = growth
            self.ceiling = ceiling
            self.tokens = tokens
            self.since = now
            self.updated = now
        }

        func rate(now: MonotonicInstant) -> Double {
            let intervals = ((now - since).seconds / Throttle.growthInterval.seconds).rounded(.down)
            return min(ceiling, rate + growth * max(0, intervals))
        }

        func tokens(now: MonotonicInstant) -> Double {
            let rate = rate(now: now)
            return min(max(1, rate), tokens + rate * max(0, (now - updated).seconds))
        }

        mutating func take(now: MonotonicInstant) {
            tokens = max(tokens(now: now) - 1, -max(1, rate(now: now)))
            updated = max(updated, now)
        }
    }

    /// Recent messages per second.
    private struct Traffic: Hashable {
        private var second: Int64 = 0
        private var count = 0
        private var before = 0

        mutating func note(now: MonotonicInstant) {
            let present = now.nanoseconds / 1_000_000_000
            if present != second {
                before = present == second + 1 ? count : 0
                count = 0
                second = present
            }
            count += 1
        }

        /// Over the last second, as if those of the second before had come evenly; at least one.
        func rate(now: MonotonicInstant) -> Double {
            let (present, rest) = now.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
            let part = 1 - Double(rest) / 1e9
            let rate =
                switch present - second {
                case 0: Double(count) + Double(before) * part
                case 1: Double(count) * part
                default: 0.0
                }
            return max(1, rate)
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(wholeNanoseconds) / 1e9 }
}
