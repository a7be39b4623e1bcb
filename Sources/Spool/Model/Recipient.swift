package import Mail

/// One recipient of a message and its delivery state.
package struct Recipient: Hashable, Sendable {
    /// Delivery state of a recipient. `delivering` is not a separate state here: it is `queued` or `deferred` while an
    /// attempt of the message that includes the recipient is running.
    package enum State: String, Sendable, CaseIterable {
        /// Never tried, or due as soon as possible.
        case queued
        /// Tried; due again at `nextAttemptAt`.
        case deferred
        /// Its sender has asked for a later time; due at `nextAttemptAt`.
        case scheduled
        /// Waits for an operator.
        case held
        /// An upstream may have accepted it (the connection ended after the final dot).
        case inDoubt = "in_doubt"
        /// An upstream has accepted it; never tried again.
        case delivered
        /// Failed permanently.
        case failed
    }

    package let address: Address
    /// Options requested at RCPT.
    package let options: RecipientOptions
    package private(set) var state: State
    /// Completed attempts, with any upstream.
    package private(set) var attempts: Int
    /// By the steady clock; for one in doubt, when the doubt arose.
    package var nextAttemptAt: Timestamp?
    /// Name of the upstream of the last attempt.
    package var upstream: String?
    /// The last reply or error, on one line, and not longer than ``ReplyText`` allows.
    package var lastReply: String? {
        didSet { lastReply = lastReply.map(ReplyText.cut) }
    }
    /// An operator's resolution of the doubt about this recipient; nil if the policy decides.
    package var resolution: Resolution?
    /// Cycles in which no upstream could take it by its nature; nil before the first.
    package var impasse: Impasse?
    /// What a failure is about; nil for one of an earlier release, which told nobody.
    package private(set) var failureClass: FailureClass?
    /// Why it is held; nil in every other state.
    package private(set) var holdReason: HoldReason?
    /// Whether its sender has been told of a delay.
    package private(set) var wasWarned: Bool

    /// An operator's decision about a recipient in doubt: retry through the same upstream, or through another; or leave it
    /// alone, whatever the policy says.
    package enum Resolution: String, Hashable, Sendable, CaseIterable {
        case retry, failover, hold
    }

    /// Why a recipient waits for an operator.
    package enum HoldReason: String, Hashable, Sendable, CaseIterable {
        /// One has said so.
        case `operator`
        /// The content does not match its checksum.
        case damaged
        /// It is unusual for the user who handed it in, whose password may be stolen.
        case hijack
    }

    package init(
        address: Address, options: RecipientOptions = .none, state: State = .queued, attempts: Int = 0,
        nextAttemptAt: Timestamp? = nil, upstream: String? = nil, lastReply: String? = nil,
        resolution: Resolution? = nil, impasse: Impasse? = nil, failureClass: FailureClass? = nil,
        holdReason: HoldReason? = nil, wasWarned: Bool = false
    ) {
        self.address = address
        self.options = options
        self.state = state
        self.attempts = attempts
        self.nextAttemptAt = nextAttemptAt
        self.upstream = upstream
        self.lastReply = lastReply.map(ReplyText.cut)
        self.resolution = resolution
        self.impasse = impasse
        self.failureClass = failureClass
        self.holdReason = holdReason
        self.wasWarned = wasWarned
    }

    /// Whether it waits because of this upstream's reply, rather than because it was unreachable.
    package func wasDeferred(by upstream: String) -> Bool {
        state == .deferred && self.upstream == upstream && lastReply?.utf8.first == UInt8(ascii: "4")
    }

    /// Whether it waits for an attempt: it expires if none succeeds, and its sender may be told of the delay.
    package var isWaiting: Bool {
        switch state {
        case .queued, .deferred: true
        case .scheduled, .held, .inDoubt, .delivered, .failed: false
        }
    }

    /// Whether nothing is left to do for this recipient.
    package var isFinal: Bool {
        switch state {
        case .delivered, .failed: true
        case .queued, .deferred, .scheduled, .held, .inDoubt: false
        }
    }

    /// Whether nothing is left to do, and whoever must know has been told: the message needs it no longer.
    package var isSettled: Bool {
        switch state {
        case .delivered: true
        case .failed: failureClass != nil
        case .queued, .deferred, .scheduled, .held, .inDoubt: false
        }
    }
}

/// Cycles that ended without an upstream able to take a recipient by its nature: too large, 8-bit, refused for an
/// unknown reason. One such cycle may be the fault of a broken server; several that agree are evidence.
package struct Impasse: Hashable, Sendable {
    /// Number of cycles that make an impasse.
    package static let cycles = 3
    /// Minimum time from the first to the last of them.
    package static let span = Duration.seconds(600)

    package private(set) var count: Int
    package let since: Timestamp
    package private(set) var last: Timestamp

    package init(count: Int = 1, since: Timestamp, last: Timestamp) {
        self.count = count
        self.since = since
        self.last = last
    }

    package mutating func again(at now: Timestamp) {
        count += 1
        last = now
    }

    /// Whether the recipient fails.
    package var isFinal: Bool { count >= Self.cycles && last - since >= Self.span }
}

// MARK: - State changes

extension Recipient {
    /// Records the end of an attempt with this reply or error; set the state next.
    package mutating func recordAttempt(by upstream: String, _ reply: String) {
        attempts += 1
        nextAttemptAt = nil
        self.upstream = upstream
        lastReply = reply
    }

    package mutating func markDelivered() {
        enter(.delivered)
        resolution = nil
        impasse = nil
    }

    /// - Parameter due: nil for as soon as possible.
    package mutating func markDeferred(until due: Timestamp? = nil) {
        enter(.deferred, due)
    }

    package mutating func markFailed(_ failureClass: FailureClass) {
        enter(.failed)
        self.failureClass = failureClass
    }

    /// - Parameter since: when the doubt arose.
    package mutating func markInDoubt(at upstream: String?, since: Timestamp?) {
        enter(.inDoubt, since)
        self.upstream = upstream
    }

    /// - Parameter words: the reason for people; nil keeps the last reply.
    package mutating func markHeld(_ reason: HoldReason, _ words: String? = nil) {
        enter(.held)
        holdReason = reason
        if let words { lastReply = words }
    }

    private static let guardWords = "held by the guard: unusual for this user"

    /// It is unusual for its user.
    package mutating func markHeldByGuard() { markHeld(.hijack, Self.guardWords) }

    /// Whether an operator has released what the guard had held, and it has not been tried since.
    package var wasReleasedFromGuard: Bool { state != .held && lastReply == Self.guardWords }

    /// - Parameter due: nil for as soon as possible.
    package mutating func markScheduled(until due: Timestamp?) {
        enter(.scheduled, due)
    }

    /// An operator ends its wait: it is due as soon as possible.
    package mutating func markReleased() {
        enter(attempts == 0 ? .queued : .deferred)
    }

    package mutating func markWarned() {
        wasWarned = true
    }

    private mutating func enter(_ state: State, _ due: Timestamp? = nil) {
        self.state = state
        nextAttemptAt = due
        holdReason = nil
    }
}
