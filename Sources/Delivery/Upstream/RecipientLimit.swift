internal import Upstreams

/// How many recipients an upstream gets in one transaction: any number, until it ends a session amid the recipients of
/// one. Then it is no more than what was answered, nor than half of what was asked, so that it soon fits.
///
/// After a while a transaction may be larger again: if it goes through, the limit is forgotten, and if it is cut short as
/// well, the limit stays for twice as long.
///
/// A value without a clock.
struct RecipientLimit {
    /// Time until a transaction may exceed the limit, at first and at most.
    static let firstTest = Duration.seconds(600)
    static let longestTest = Duration.seconds(86_400)

    /// Recipients per transaction; nil for any number.
    private(set) var learned: Int?
    private var test = (at: MonotonicInstant.longAgo, interval: RecipientLimit.firstTest)

    /// How many recipients a transaction may have now; nil for any number.
    func value(now: MonotonicInstant) -> Int? { now < test.at ? learned : nil }

    /// The server has ended a session amid the recipients of a transaction.
    ///
    /// - Parameters:
    ///   - answered: the recipients that it had answered; at least one.
    ///   - count: all of them; at least two.
    /// - Returns: whether the limit has changed.
    mutating func cut(after answered: Int, of count: Int, now: MonotonicInstant) -> Bool {
        let isTest = learned != nil && test.at <= now
        if isTest { test.interval = min(test.interval * 2, Self.longestTest) }
        let before = learned
        learned = max(1, min(answered, count / 2, isTest ? .max : learned ?? .max))
        test.at = now + test.interval
        return learned != before
    }

    /// Every recipient of a transaction has been answered.
    ///
    /// - Returns: whether the limit has been forgotten.
    mutating func lasted(_ count: Int) -> Bool {
        guard let learned, count > learned else { return false }
        self = RecipientLimit()
        return true
    }
}
