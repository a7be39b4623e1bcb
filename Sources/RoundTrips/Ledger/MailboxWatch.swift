internal import Mail

/// What is known of a mailbox. Times are those of the steady clock.
struct MailboxWatch: Sendable {
    /// Looks in a row that must fail before the mailbox is unreachable.
    static let threshold = 2
    /// After a look that has failed, until the next one is asked for.
    private static let pause = Duration.seconds(30)
    /// Silences for which probes may still be without a verdict.
    private static let remembered = 8

    private(set) var failures = 0
    /// nil while it can be looked into.
    private(set) var unreachable: String?
    /// When the last look that saw everything began.
    private(set) var lookedAt: Timestamp?
    /// When mail of no upstream arrived, by when it was taken; the last one may last.
    private var silences: [(from: Timestamp, until: Timestamp?)] = []
    /// Whether its fault has been told.
    var isTold = false
    private var isAwaited = false
    private var pausedUntil: Timestamp?

    /// No upstream's mail arrives.
    var isSilent: Bool { silences.last.map { $0.until == nil } ?? false }

    var isFaulty: Bool { unreachable != nil || isSilent }

    mutating func looked(from began: Timestamp) {
        failures = 0
        unreachable = nil
        lookedAt = max(lookedAt ?? began, began)
        isAwaited = false
        pausedUntil = nil
    }

    /// - Parameter isLasting: whether trying again is no use, as with a wrong password.
    mutating func failed(_ cause: String, isLasting: Bool, _ now: Timestamp) {
        failures += 1
        isAwaited = false
        pausedUntil = now + Self.pause
        if isLasting || failures >= Self.threshold { unreachable = cause }
    }

    /// - Parameter time: when the first probe was taken that did not arrive.
    mutating func fellSilent(from time: Timestamp) {
        silences = silences.suffix(Self.remembered - 1) + [(time, nil)]
    }

    /// A probe has arrived that was taken then.
    mutating func received(_ tookAt: Timestamp) {
        guard isSilent, let last = silences.popLast() else { return }
        silences.append((last.from, max(last.from, tookAt)))
    }

    /// Whether mail of no upstream arrived that was taken then.
    func wasSilent(_ tookAt: Timestamp) -> Bool {
        silences.contains { $0.from <= tookAt && $0.until.map { tookAt < $0 } ?? true }
    }

    /// When a look is to be asked for that is wanted from this time on; nil while one is on its way.
    func lookDue(from time: Timestamp) -> Timestamp? { isAwaited ? nil : max(time, pausedUntil ?? time) }

    mutating func askedForLook() { isAwaited = true }
}
