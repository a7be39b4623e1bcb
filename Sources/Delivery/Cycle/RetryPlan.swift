internal import Mail
internal import Notices
internal import Spool
internal import Upstreams

/// When a message is due, and for which of its recipients. Many parts share it, so it is not copied.
final class RetryPlan: Sendable {
    /// The work of a cycle that begins now.
    struct Cycle: Equatable {
        /// Indexes of the recipients.
        let recipients: [Int]
        /// The only upstream to use; nil for the whole list.
        let onlyUpstream: String?
        /// An upstream to skip.
        let withoutUpstream: String?

        /// Whether the whole list may be used.
        var isUnrestricted: Bool { onlyUpstream == nil && withoutUpstream == nil }

        /// The same by any other upstream than the only one.
        var elsewhere: Cycle { Cycle(recipients: recipients, onlyUpstream: nil, withoutUpstream: onlyUpstream) }
    }

    /// By priority.
    private let settings: [RetrySettings]
    /// Whether anybody is ever told of a delay.
    let tellsOfDelays: Bool
    let inDoubt: InDoubtRules

    init(_ settings: DeliverySettings) {
        self.settings = Priority.allCases.map { settings.retry.settings(for: $0) }
        self.tellsOfDelays = settings.notices.deliver != .none
        self.inDoubt = InDoubtRules(settings)
    }

    func settings(for priority: Priority) -> RetrySettings { settings[Int(priority.rawValue)] }

    /// The wait after this many incomplete cycles.
    ///
    /// - Parameter random: -1 to 1.
    func delay(afterCycles cycles: Int, of priority: Priority, random: Double) -> Duration {
        let settings = settings(for: priority)
        var delay = settings.initial
        for _ in 1..<max(1, cycles) {
            guard delay < settings.max else { break }
            delay = delay * settings.factor
        }
        return min(delay, settings.max) * (1 + settings.jitter * random)
    }

    /// Longest possible wait between two cycles.
    func longestDelay(of priority: Priority) -> Duration {
        let settings = settings(for: priority)
        return settings.max * (1 + settings.jitter)
    }

    /// Whether the relay would never make anybody wait until then: a clock was wrong when it was written.
    func isImpossible(_ due: Timestamp, of priority: Priority, at now: Timestamp) -> Bool {
        due - now > longestDelay(of: priority)
    }

    /// Corrects due times that cannot be right: a recipient deferred until then is due, and a doubt arises now.
    ///
    /// - Returns: nil if there are none.
    func corrected(_ message: SpooledMessage, at now: Timestamp) -> SpooledMessage? {
        let wrong = message.recipients.indices.filter { index in
            message.recipients[index].state != .scheduled
                && message.recipients[index].nextAttemptAt.map { isImpossible($0, of: message.priority, at: now) }
                    ?? false
        }
        guard !wrong.isEmpty else { return nil }
        var message = message
        for index in wrong { message.recipients[index].nextAttemptAt = now }
        return message
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
        message.recipients.lazy.compactMap { self.dueTime(of: $0, in: message) }.min()
    }

    /// The same without some recipients.
    func nextDue(of message: SpooledMessage, except others: Set<Int>) -> Timestamp? {
        message.recipients.indices.lazy.filter { !others.contains($0) }
            .compactMap { self.dueTime(of: message.recipients[$0], in: message) }.min()
    }

    /// The next-attempt time to record so that a recipient is due at the given time; for one in doubt, the hold is
    /// counted from there.
    func deferral(of recipient: Recipient, in message: SpooledMessage, until due: Timestamp) -> Timestamp {
        recipient.state == .inDoubt ? inDoubt.since(recipient, of: message, soThatDueAt: due) : due
    }

    private func dueTime(of recipient: Recipient, in message: SpooledMessage) -> Timestamp? {
        switch recipient.state {
        case .queued, .deferred, .scheduled: recipient.nextAttemptAt ?? .distantPast
        case .inDoubt: inDoubt.dueTime(of: recipient, in: message)
        case .held, .delivered, .failed: nil
        }
    }
}
