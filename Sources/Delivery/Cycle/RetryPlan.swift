internal import Mail
internal import Spool
internal import Upstreams

/// When a message is due, and for which of its recipients.
struct RetryPlan {
    /// The work of a cycle that begins now.
    struct Cycle: Equatable {
        /// Indexes of the recipients.
        let recipients: [Int]
        /// The only upstream to use; nil for the whole list.
        let onlyUpstream: String?
        /// An upstream to skip.
        let withoutUpstream: String?
    }

    let settings: RetrySettings
    let inDoubt: InDoubtRules

    init(_ settings: DeliverySettings) {
        self.settings = settings.retry
        self.inDoubt = InDoubtRules(settings)
    }

    /// The wait after this many incomplete cycles.
    ///
    /// - Parameter random: -1 to 1.
    func delay(afterCycles cycles: Int, random: Double) -> Duration {
        var delay = settings.initial
        for _ in 1..<max(1, cycles) {
            guard delay < settings.max else { break }
            delay = delay * settings.factor
        }
        return min(delay, settings.max) * (1 + settings.jitter * random)
    }

    func isExpired(_ message: SpooledMessage, at now: Timestamp) -> Bool {
        now - message.receivedAt >= settings.expireAfter
    }

    /// What is due now. Recipients in doubt go first and alone, because they may be pinned to one upstream.
    ///
    /// - Parameters:
    ///   - isAhead: whether deferred recipients are due before their time.
    ///   - withDoubts: whether to consider recipients in doubt.
    func cycle(
        for message: SpooledMessage, at now: Timestamp, isAhead: Bool = false, withDoubts: Bool = true
    ) -> Cycle? {
        var due: [Int] = []
        for (index, recipient) in message.recipients.enumerated() {
            guard let instant = dueTime(of: recipient, in: message) else { continue }
            guard instant <= now || (isAhead && recipient.state == .deferred) else { continue }
            if recipient.state == .inDoubt {
                if withDoubts { return doubtCycle(for: message, like: recipient, at: now) }
                continue
            }
            due.append(index)
        }
        return due.isEmpty ? nil : Cycle(recipients: due, onlyUpstream: nil, withoutUpstream: nil)
    }

    /// For all recipients whose doubt has the same upstream, attempt and outcome: a provider that detects duplicates by
    /// the request must get the same request.
    private func doubtCycle(for message: SpooledMessage, like first: Recipient, at now: Timestamp) -> Cycle {
        let next = inDoubt.next(for: first, of: message)
        let recipients = message.recipients.indices.filter { index in
            let recipient = message.recipients[index]
            guard recipient.state == .inDoubt, recipient.upstream == first.upstream,
                recipient.nextAttemptAt == first.nextAttemptAt,
                inDoubt.next(for: recipient, of: message) == next
            else { return false }
            return dueTime(of: recipient, in: message).map { $0 <= now } ?? false
        }
        switch next {
        case .sameUpstream:
            return Cycle(recipients: recipients, onlyUpstream: first.upstream, withoutUpstream: nil)
        case .otherUpstream:
            return Cycle(recipients: recipients, onlyUpstream: nil, withoutUpstream: first.upstream)
        }
    }

    /// When the next recipient is due; nil if nothing can be done without an operator.
    func nextDue(of message: SpooledMessage) -> Timestamp? {
        message.recipients.lazy.compactMap { dueTime(of: $0, in: message) }.min()
    }

    /// The next-attempt time to record so that a recipient is due at the given time; for one in doubt, the hold is
    /// counted from there.
    func deferral(of recipient: Recipient, in message: SpooledMessage, until due: Timestamp) -> Timestamp {
        recipient.state == .inDoubt ? inDoubt.since(recipient, of: message, soThatDueAt: due) : due
    }

    private func dueTime(of recipient: Recipient, in message: SpooledMessage) -> Timestamp? {
        switch recipient.state {
        case .queued, .deferred: recipient.nextAttemptAt ?? Timestamp(milliseconds: 0)
        case .inDoubt: inDoubt.dueTime(of: recipient, in: message)
        case .held, .delivered, .failed: nil
        }
    }
}
