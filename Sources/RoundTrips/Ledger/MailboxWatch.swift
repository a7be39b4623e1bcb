internal import Mail

/// What is known of a mailbox. Times are those of the steady clock.
struct MailboxWatch: Sendable {
    /// Looks in a row that must fail before the mailbox is unreachable.
    static let threshold = 2
    /// After a look that has failed, until the next one is asked for.
    private static let pause = Duration.seconds(30)

    private(set) var failures = 0
    /// nil while it can be looked into.
    private(set) var unreachable: String?
    /// When the last look that saw everything began.
    private(set) var lookedAt: Timestamp?
    /// No upstream's mail arrives.
    var isSilent = false
    /// Whether its fault has been told.
    var isTold = false
    private var isAwaited = false
    private var pausedUntil: Timestamp?

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

    /// Whether a look that began at this time or later has seen everything.
    func hasLooked(since time: Timestamp) -> Bool { lookedAt.map { $0 >= time } ?? false }

    /// When a look is to be asked for that is wanted from this time on; nil while one is on its way.
    func lookDue(from time: Timestamp) -> Timestamp? { isAwaited ? nil : max(time, pausedUntil ?? time) }

    mutating func askedForLook() { isAwaited = true }
}
