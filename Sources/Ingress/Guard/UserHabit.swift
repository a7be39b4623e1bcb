package import Mail

/// How much one user sends and how much of that bounces: what is usual, and what goes on now. Somebody who has stolen a
/// password sends far more than its owner, or to addresses that do not exist.
///
/// The usual rate is that of the busiest ten minutes of late, and half as much after each week. Rates are judged once the
/// user has sent mail in 50 spans of ten minutes; bounces always. While a user is suspected, nothing is learned; an hour
/// without anything unusual ends that.
///
/// A value without a clock.
package struct UserHabit: Hashable, Sendable, Codable {
    /// What is unusual.
    package enum Cause: String, Hashable, Sendable, CaseIterable, Codable {
        case rate, bounces
    }

    package struct Suspicion: Hashable, Sendable, Codable {
        package let cause: Cause
        /// By the steady clock, in milliseconds.
        package let since: Int64
    }

    /// Milliseconds.
    static let span: Int64 = 600_000
    static let spansUntilKnown = 50
    /// Recipients in a span, and in an hour bounces, that are unusual for nobody.
    static let harmless = 100
    static let harmlessBounces = 30.0
    /// How many times the usual is unusual.
    static let excess = 5.0
    static let bounceExcess = 3.0
    static let leastShare = 0.2
    /// What a suspected user may always send in a span.
    static let least = 20
    static let calmSpans: Int64 = 6
    private static let weight = 0.02
    /// Halves something in an hour, and in a week, of spans.
    private static let hourly = 0.890_898_718
    private static let weekly = 0.999_312_590

    /// Recipients in the busiest span of late.
    package private(set) var usual = 0.0
    /// Share of them that bounces.
    package private(set) var usualBounces = 0.0
    /// Spans with mail that it has been learned from.
    private(set) var spans = 0
    package private(set) var suspicion: Suspicion?
    private var number: Int64
    /// In this span.
    package private(set) var sent = 0
    private var wanted = 0
    private var bounced = 0
    /// Before it, fading.
    private var recentSent = 0.0
    private var recentBounced = 0.0
    private var calm: Int64 = 0

    package init(now: Timestamp) { number = now.milliseconds / Self.span }

    // MARK: - Facts

    /// Recipients in a span above which it is unusual; nil while too little is known.
    package var limit: Int? {
        spans < Self.spansUntilKnown ? nil : max(Self.harmless, Int((usual * Self.excess).rounded()))
    }

    /// What a suspected user may send in a span.
    var allowance: Int { max(Self.least, Int(usual.rounded())) }

    private var isTooMuch: Bool { limit.map { sent + wanted > $0 } ?? false }

    private var bouncesTooMuch: Bool {
        let (all, failed) = (recentSent + Double(sent), recentBounced + Double(bounced))
        return failed >= Self.harmlessBounces
            && failed > max(1, all) * max(Self.leastShare, usualBounces * Self.bounceExcess)
    }

    // MARK: - What happens

    /// Time has passed.
    ///
    /// - Returns: whether a suspicion has ended.
    package mutating func advance(to now: Timestamp) -> Bool {
        let present = now.milliseconds / Self.span
        guard present > number else { return false }
        let passed = present - number
        let hasEnded = suspicion != nil && becomesCalm(passed)
        if suspicion == nil, !hasEnded { learn() }
        fade(passed)
        number = present
        return hasEnded
    }

    /// A message has been taken.
    ///
    /// - Returns: whether it makes the user suspect.
    package mutating func took(_ recipients: Int, now: Timestamp) -> Bool {
        sent += recipients
        return judge(now)
    }

    /// A recipient has failed in a way that says the address is wrong.
    ///
    /// - Returns: whether it makes the user suspect.
    package mutating func bounces(now: Timestamp) -> Bool {
        bounced += 1
        return judge(now)
    }

    /// When a suspected user may send again; nil for now.
    package mutating func refusal(now: Timestamp) -> Duration? {
        guard suspicion != nil, sent >= allowance else { return nil }
        wanted += 1
        return .milliseconds((number + 1) * Self.span - now.milliseconds)
    }

    /// An operator knows better: what goes on is usual.
    package mutating func trust() {
        suspicion = nil
        calm = 0
        usual = max(usual, Double(sent + wanted))
        (wanted, bounced, recentBounced) = (0, 0, 0)
    }

    // MARK: - Judging and learning

    private mutating func judge(_ now: Timestamp) -> Bool {
        guard suspicion == nil else { return false }
        guard isTooMuch || bouncesTooMuch else { return false }
        suspicion = Suspicion(cause: isTooMuch ? .rate : .bounces, since: now.milliseconds)
        calm = 0
        return true
    }

    private mutating func becomesCalm(_ passed: Int64) -> Bool {
        calm = isTooMuch || bouncesTooMuch ? 0 : calm + passed
        guard calm >= Self.calmSpans else { return false }
        suspicion = nil
        calm = 0
        return true
    }

    private mutating func learn() {
        guard sent > 0 else { return }
        spans = min(spans + 1, Self.spansUntilKnown)
        usual = max(usual, Double(sent))
        usualBounces += Self.weight * (min(1, Double(bounced) / Double(sent)) - usualBounces)
    }

    private mutating func fade(_ passed: Int64) {
        usual *= Self.power(Self.weekly, passed)
        let hourly = Self.power(Self.hourly, passed)
        recentSent = (recentSent + Double(sent)) * hourly
        recentBounced = (recentBounced + Double(bounced)) * hourly
        (sent, wanted, bounced) = (0, 0, 0)
    }

    /// `base` to the power of a number that is not negative.
    private static func power(_ base: Double, _ number: Int64) -> Double {
        var (result, base, rest) = (1.0, base, number)
        while rest > 0 {
            if rest & 1 == 1 { result *= base }
            base *= base
            rest >>= 1
        }
        return result
    }
}
