package import Mail

/// How much one user sends and how much of that bounces: what is usual, and what goes on now. Somebody who has stolen a
/// password sends far more than its owner, or to addresses that do not exist.
///
/// The usual rate is that of the busiest recent ten minutes, and half as much after each week. Rates are judged once the
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
        /// Spans without anything unusual.
        var calm: Int64 = 0
        /// The most recipients of a span, with those that were refused.
        var peak = 0
        /// Recipients taken in this span.
        var taken = 0
        /// Before it, those beyond what was allowed.
        var debt = 0
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
    /// Spans after which every debt is forgotten.
    private static let longest: Int64 = 1 << 20
    /// More than anybody can send.
    private static let most = 1 << 40
    /// In spans: all that a clock may say.
    private static let years: ClosedRange<Int64> = 0...(1 << 32)
    /// Halves something in an hour, and in a week, of spans.
    private static let hourly = 0.890_898_718
    private static let weekly = 0.999_312_590

    /// Recipients in the busiest recent span.
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
    private var bounced = 0.0
    /// Before it, fading.
    private var recentSent = 0.0
    private var recentBounced = 0.0

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
        let (all, failed) = (recentSent + Double(sent), recentBounced + bounced)
        return failed >= Self.harmlessBounces
            && failed > max(1, all) * max(Self.leastShare, usualBounces * Self.bounceExcess)
    }

    /// Whether it can have been learned: nothing that is computed with it is out of range.
    var isPlausible: Bool {
        let spell = suspicion ?? Suspicion(cause: .rate, since: 0)
        let figures = [usual, usualBounces, bounced, recentSent, recentBounced]
        return [sent, wanted, spans, spell.peak, spell.taken, spell.debt].allSatisfy { (0...Self.most).contains($0) }
            && figures.allSatisfy { (0...Double(Self.most)).contains($0) }
            && [number, spell.calm, spell.since / Self.span].allSatisfy { Self.years.contains($0) }
    }

    // MARK: - What happens

    /// Time has passed.
    ///
    /// - Returns: whether a suspicion has ended.
    package mutating func advance(to now: Timestamp) -> Bool {
        let present = now.milliseconds / Self.span
        // The clock of an earlier relay is lost: this one has not seen its time.
        if present < number { number = present }
        guard present > number else { return false }
        let passed = present - number
        let hasEnded = becomesCalm(passed)
        if suspicion == nil, !hasEnded { learn() }
        fade(passed)
        number = present
        return hasEnded
    }

    /// A message has been taken.
    ///
    /// - Parameter isSlowed: whether what is beyond the usual must be made up for, if the user is suspected.
    /// - Returns: whether it makes the user suspect.
    package mutating func took(_ recipients: Int, now: Timestamp, isSlowed: Bool = true) -> Bool {
        sent += recipients
        if isSlowed { suspicion?.taken += recipients }
        return judge(now)
    }

    /// A recipient has failed in a way that says the address is wrong.
    ///
    /// - Parameter age: since its message was taken. It counts as much as that by now, so that mail which goes slowly makes
    ///   nobody suspect long after it came.
    /// - Returns: whether it makes the user suspect.
    package mutating func bounces(now: Timestamp, age: Duration = .zero) -> Bool {
        bounced += Self.power(Self.hourly, max(0, age.wholeMilliseconds) / Self.span)
        return judge(now)
    }

    /// When a suspected user may send again; nil for now. One message may have more recipients than are allowed; those after
    /// it wait until that is made up for.
    package mutating func refusal(now: Timestamp) -> Duration? {
        guard let suspicion else { return nil }
        let used = suspicion.debt + suspicion.taken
        guard max(sent, used) >= allowance else { return nil }
        wanted += 1
        let spans = Int64(max(1, used / allowance))
        return .milliseconds((number + spans) * Self.span - now.milliseconds)
    }

    /// An operator knows better: what went on is usual.
    package mutating func trust() {
        usual = max(usual, Double(max(sent + wanted, suspicion?.peak ?? 0)))
        suspicion = nil
        (wanted, bounced, recentBounced) = (0, 0, 0)
    }

    // MARK: - Judging and learning

    private mutating func judge(_ now: Timestamp) -> Bool {
        guard suspicion == nil else { return false }
        guard isTooMuch || bouncesTooMuch else { return false }
        suspicion = Suspicion(cause: isTooMuch ? .rate : .bounces, since: now.milliseconds)
        return true
    }

    /// - Returns: whether a suspicion has ended.
    private mutating func becomesCalm(_ passed: Int64) -> Bool {
        guard let present = suspicion else { return false }
        let calm = isTooMuch || bouncesTooMuch || present.debt > 0 ? 0 : present.calm + passed
        suspicion?.calm = calm
        guard calm >= Self.calmSpans else { return false }
        suspicion = nil
        return true
    }

    private mutating func learn() {
        guard sent > 0 else { return }
        spans = min(spans + 1, Self.spansUntilKnown)
        usual = max(usual, Double(sent))
        usualBounces += Self.weight * (min(1, bounced / Double(sent)) - usualBounces)
    }

    private mutating func fade(_ passed: Int64) {
        if var present = suspicion {
            present.peak = max(present.peak, sent + wanted)
            present.debt = max(0, present.debt + present.taken - allowance * Int(min(passed, Self.longest)))
            present.taken = 0
            suspicion = present
        }
        usual *= Self.power(Self.weekly, passed)
        let hourly = Self.power(Self.hourly, passed)
        recentSent = (recentSent + Double(sent)) * hourly
        recentBounced = (recentBounced + bounced) * hourly
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
