package import Mail

/// One recipient of a message and what has become of it so far.
package struct Recipient: Hashable, Sendable {
    /// Where a recipient stands. `delivering` is no state of its own here: it is `queued` or `deferred` while an attempt
    /// of the message runs that includes the recipient.
    package enum State: String, Sendable, CaseIterable {
        /// Never tried, or to be tried as soon as possible.
        case queued
        /// Tried; the next try is at `nextAttemptAt`.
        case deferred
        /// Waits for an operator.
        case held
        /// An upstream may or may not have taken it (the connection ended after the final dot).
        case inDoubt = "in_doubt"
        /// An upstream has taken it; never tried again.
        case delivered
        /// Refused for good; kept with its reply.
        case failed
    }

    package let address: Address
    /// What the client asked for at RCPT.
    package let options: RecipientOptions
    package private(set) var state: State
    /// Attempts that ended, with any upstream.
    package private(set) var attempts: Int
    package var nextAttemptAt: Timestamp?
    /// Name of the upstream of the last attempt.
    package var upstream: String?
    /// The last reply or error, one line.
    package var lastReply: String?
    /// How an operator has settled the doubt about this recipient; nil where the policy decides.
    package var resolution: Resolution?
    /// Cycles in which no upstream could take it for what it is; nil before the first.
    package var impasse: Impasse?

    /// An operator's decision about a recipient in doubt: once more through the same upstream, or through another.
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
        self.lastReply = lastReply
        self.resolution = resolution
        self.impasse = impasse
    }

    /// Whether it waits because this upstream has said so, and not because it could not be reached.
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

/// Cycles that ended without an upstream that could take a recipient for what it is: too large, 8-bit, refused for an
/// unknown reason. One such cycle may be the fault of a server that is sick; several that agree are evidence.
package struct Impasse: Hashable, Sendable {
    /// Cycles after which it is one.
    package static let cycles = 3
    /// Time from the first to the last of them.
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

// MARK: - Changes of state

extension Recipient {
    /// An attempt ended with this reply or error; its state is marked next.
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
