/// How fast mail goes to one recipient domain: a bucket of turns, whose rate is halved when a reply asks for less, and
/// grows by a tenth at a time while mail is taken (additive increase, multiplicative decrease).
///
/// A turn is given to a message as it comes to be handed to an upstream, and spent as its transaction begins; until then it is
/// reserved. A message spends one for each recipient, and may so leave the bucket in debt, which those after it wait for.
///
/// Without `max_rate` there is no bucket until a reply asks for less; then the rate that mail went at is halved, and the bucket
/// is dropped when the rate has come to twice what it was. The rate does not fall below six a minute, or `max_rate` if that is
/// less. The bucket holds one second's worth, and at least one.
///
/// A value without a clock.
package struct DomainPace: Hashable, Sendable {
    /// When the next message may have a turn.
    package enum Turn: Hashable, Sendable {
        case now
        case at(MonotonicInstant)
        /// Once one of those that have a turn has used it, or has ended.
        case afterAnother
    }

    static let leastRate = 0.1
    /// Time between two growths of the rate.
    package static let growthInterval = Duration.seconds(10)
    /// Requests within this time of the last one are about the same messages.
    package static let complaintLength = Duration.seconds(1)
    /// Time without mail after which it is forgotten what was asked for.
    package static let memory = Duration.seconds(86_400)
    /// Of a turn that is announced; in seconds.
    private static let longestWait = 366.0 * 86_400
    /// Tokens are sums of many small parts.
    private static let whole = 1 - 1e-6

    private var settings: PaceSettings
    private var bucket: Bucket?
    private var traffic = RecentTraffic()
    private var lastComplaint: MonotonicInstant?
    /// Recipients of messages whose turns are given and not yet spent.
    private(set) var reserved = 0
    /// Messages that have a turn, or had one, and are with upstreams.
    package private(set) var active = 0

    package init(_ settings: PaceSettings, now: MonotonicInstant) {
        self.settings = settings
        bucket = settings.limit.map { Bucket(rate: $0, growth: $0 / 10, ceiling: $0, tokens: max(1, $0), now: now) }
    }

    /// Other limits apply at once; a rate that was asked for stays, up to the new limit.
    package mutating func replace(_ settings: PaceSettings, now: MonotonicInstant) {
        guard settings != self.settings else { return }
        let former = self
        self.settings = settings
        let fresh = DomainPace(settings, now: now).bucket
        guard let old = former.bucket else { return bucket = fresh }
        guard var next = fresh else { return bucket = former.isReduced && settings.isAdaptive ? old : nil }
        if former.isReduced, settings.isAdaptive { next.rate = min(old.rate, next.ceiling) }
        next.tokens = min(old.tokens(now: now), max(1, next.rate))
        bucket = next
    }

    // MARK: - Facts

    /// Recipients per second; nil for no limit.
    package var rate: Double? { bucket?.rate }

    package var isAdaptive: Bool { settings.isAdaptive }

    /// The name of the `[[pace]]` that it is by.
    package var entryName: String { settings.name }

    /// Whether replies have asked for less than the settings allow.
    package var isReduced: Bool { bucket.map { $0.rate < $0.ceiling } ?? false }

    /// Whether it is like new, or has been without mail long enough to be forgotten.
    package func isAtRest(now: MonotonicInstant) -> Bool {
        guard active == 0 else { return false }
        guard let bucket else { return true }
        guard !isReduced || now - bucket.updated >= Self.memory else { return false }
        return bucket.tokens(now: now) >= max(1, bucket.rate) * Self.whole
    }

    /// How many more messages, with one recipient each, may have a turn now.
    package func room(now: MonotonicInstant) -> Int {
        let places = settings.maxConnections.map { max(0, $0 - active) } ?? Int.max
        guard let bucket else { return places }
        let turns = Int((bucket.tokens(now: now) + 1 - Self.whole).rounded(.down)) - reserved
        return max(0, min(places, turns))
    }

    package func turn(now: MonotonicInstant) -> Turn {
        guard room(now: now) == 0 else { return .now }
        guard let bucket, settings.maxConnections.map({ active < $0 }) ?? true else { return .afterAnother }
        let needed = Double(reserved + 1)
        guard needed <= max(1, bucket.rate) else { return .afterAnother }
        let wait = min(max(0, needed - bucket.tokens(now: now)) / bucket.rate, Self.longestWait)
        return .at(now + .nanoseconds(Int64((wait * 1e9).rounded(.up))))
    }

    // MARK: - Turns

    /// A message has a turn, for this number of recipients.
    package mutating func give(_ recipients: Int) {
        reserved += recipients
        active += 1
    }

    /// Its transaction begins.
    package mutating func spend(_ recipients: Int, now: MonotonicInstant) {
        reserved -= recipients
        traffic.note(recipients, now: now)
        bucket?.take(recipients, now: now)
    }

    /// It is with no upstream any more.
    ///
    /// - Parameter isSpent: whether it has spent its turn.
    package mutating func end(_ recipients: Int, isSpent: Bool) {
        active -= 1
        if !isSpent { reserved -= recipients }
    }

    // MARK: - Replies

    /// A reply asks for less. Several within a second count as one, and so do those about what was under way at the last
    /// one: they say nothing about the rate of now.
    ///
    /// - Parameter began: when the transaction began that it is about; nil for now.
    /// - Returns: the new rate, in recipients per second; nil if nothing has changed.
    package mutating func slowDown(now: MonotonicInstant, began: MonotonicInstant? = nil) -> Double? {
        guard settings.isAdaptive else { return nil }
        if let lastComplaint, (began ?? now) < lastComplaint || now - lastComplaint < Self.complaintLength {
            return nil
        }
        lastComplaint = now
        let observed = bucket?.rate ?? traffic.rate(now: now)
        let slower = max(observed / 2, min(Self.leastRate, settings.limit ?? Self.leastRate))
        let present = bucket?.rate
        bucket = Bucket(
            rate: slower, growth: bucket?.growth ?? observed / 10, ceiling: bucket?.ceiling ?? observed * 2,
            tokens: min(0, bucket?.tokens(now: now) ?? 0), now: now)
        return slower == present ? nil : slower
    }

    /// An upstream has taken mail for it: after a while at a lower rate, more is tried.
    ///
    /// - Returns: whether the rate is what the settings allow again.
    package mutating func succeeded(now: MonotonicInstant) -> Bool {
        guard isReduced, var next = bucket, now - next.since >= Self.growthInterval else { return false }
        next.grow(now: now)
        bucket = next
        guard next.rate >= next.ceiling else { return false }
        if settings.limit == nil { bucket = nil }
        return true
    }

    private struct Bucket: Hashable {
        /// Since `since`.
        var rate: Double
        /// What it grows by.
        let growth: Double
        let ceiling: Double
        var since: MonotonicInstant
        /// At `updated`; negative for a debt.
        var tokens: Double
        var updated: MonotonicInstant

        init(rate: Double, growth: Double, ceiling: Double, tokens: Double, now: MonotonicInstant) {
            (self.rate, self.growth, self.ceiling, self.tokens) = (rate, growth, ceiling, tokens)
            (since, updated) = (now, now)
        }

        func tokens(now: MonotonicInstant) -> Double {
            let passed = Double(max(.zero, now - updated).wholeNanoseconds) / 1e9
            return min(max(1, rate), tokens + rate * passed)
        }

        mutating func take(_ count: Int, now: MonotonicInstant) {
            tokens = tokens(now: now) - Double(count)
            updated = max(updated, now)
        }

        mutating func grow(now: MonotonicInstant) {
            tokens = tokens(now: now)
            updated = max(updated, now)
            rate = min(ceiling, rate + growth)
            since = now
        }
    }
}
