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
        /// Waits for an operator.
        case held
        /// An upstream may have accepted it (the connection ended after the final dot).
        case inDoubt = "in_doubt"
        /// An upstream has accepted it; never tried again.
        case delivered
        /// Failed permanently; kept with its reply.
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

    /// An operator's decision about a recipient in doubt: retry through the same upstream, or through another.
    package enum Resolution: String, Hashable, Sendable, CaseIterable {
        case retry, failover
    }

    package init(
        address: Address, options: RecipientOptions = .none, state: State = .queued, attempts: Int = 0,
        nextAttemptAt: Timestamp? = nil, upstream: String? = nil, lastReply: String? = nil,
        resolution: Resolution? = nil, impasse: Impasse? = nil
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
    }

    /// Whether it waits because of this upstream's reply, rather than because it was unreachable.
    package func wasDeferred(by upstream: String) -> Bool {
        state == .deferred && self.upstream == upstream && lastReply?.utf8.first == UInt8(ascii: "4")
    }

    /// Whether nothing is left to do for this recipient.
    package var isFinal: Bool {
        switch state {
        case .delivered, .failed: true
        case .queued, .deferred, .held, .inDoubt: false
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
        state = .delivered
        nextAttemptAt = nil
        resolution = nil
        impasse = nil
    }

    /// - Parameter due: nil for as soon as possible.
    package mutating func markDeferred(until due: Timestamp? = nil) {
        state = .deferred
        nextAttemptAt = due
    }

    package mutating func markFailed() {
        state = .failed
        nextAttemptAt = nil
    }

    /// - Parameter since: when the doubt arose.
    package mutating func markInDoubt(at upstream: String?, since: Timestamp?) {
        state = .inDoubt
        self.upstream = upstream
        nextAttemptAt = since
    }

    package mutating func markHeld(_ reason: String) {
        state = .held
        nextAttemptAt = nil
        lastReply = reason
    }
}
