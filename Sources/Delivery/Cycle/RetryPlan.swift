internal import Mail
internal import Spool
internal import Upstreams

/// When something is to be done for a message, and for which of its recipients.
struct RetryPlan {
    /// What a cycle that begins now has to do.
    struct Cycle: Equatable {
        /// Indexes of the recipients.
        let recipients: [Int]
        /// The one upstream to use; nil for the whole list.
        let onlyUpstream: String?
        /// An upstream to leave out.
        let withoutUpstream: String?
    }

    let settings: RetrySettings
    let inDoubt: InDoubtRules

    init(_ settings: DeliverySettings) {
        self.settings = settings.retry
        self.inDoubt = InDoubtRules(settings)
    }

    /// The wait after so many cycles that ended with something left.
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

    /// What is due now. Recipients in doubt go first and alone, because they may be bound to one upstream.
    ///
    /// - Parameters:
    ///   - isAhead: whether deferred recipients are due before their time.
    ///   - withDoubts: whether recipients in doubt are looked at.
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

    /// For all recipients whose doubt is of the same upstream and the same attempt, and ends in the same way: a provider that
    /// knows duplicates by what was asked has to be asked the same.
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

    /// When the next recipient is due; nil when nothing is to be done without an operator.
    func nextDue(of message: SpooledMessage) -> Timestamp? {
        message.recipients.lazy.compactMap { dueTime(of: $0, in: message) }.min()
    }

    /// What is to be recorded as a recipient's next attempt so that it is due at the moment: for one in doubt, the hold
    /// is counted from there.
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
