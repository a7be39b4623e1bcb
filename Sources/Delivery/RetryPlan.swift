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
    let upstreams: [String: UpstreamSettings]

    init(_ settings: DeliverySettings) {
        self.settings = settings.retry
        self.upstreams = Dictionary(settings.upstreams.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
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
    /// - Parameter isAhead: whether deferred recipients are due before their time.
    func cycle(for message: SpooledMessage, at now: Timestamp, isAhead: Bool = false) -> Cycle? {
        var due: [Int] = []
        for (index, recipient) in message.recipients.enumerated() {
            guard let moment = dueTime(of: recipient) else { continue }
            guard moment <= now || (isAhead && recipient.state == .deferred) else { continue }
            if recipient.state == .inDoubt { return doubtCycle(for: message, upstream: recipient.upstream, at: now) }
            due.append(index)
        }
        return due.isEmpty ? nil : Cycle(recipients: due, onlyUpstream: nil, withoutUpstream: nil)
    }

    private func doubtCycle(for message: SpooledMessage, upstream: String?, at now: Timestamp) -> Cycle {
        let recipients = message.recipients.indices.filter { index in
            let recipient = message.recipients[index]
            guard recipient.state == .inDoubt, recipient.upstream == upstream else { return false }
            return dueTime(of: recipient).map { $0 <= now } ?? false
        }
        // An upstream that is no longer configured cannot be asked again.
        let settings = upstream.flatMap { upstreams[$0] }
        switch settings?.inDoubt ?? .failover {
        case .retrySame:
            return Cycle(recipients: recipients, onlyUpstream: upstream, withoutUpstream: nil)
        case .failover, .hold:
            return Cycle(recipients: recipients, onlyUpstream: nil, withoutUpstream: upstream)
        }
    }

    /// When the next recipient is due; nil when nothing is to be done without an operator.
    func nextDue(of message: SpooledMessage) -> Timestamp? {
        message.recipients.lazy.compactMap { dueTime(of: $0) }.min()
    }

    /// What is to be recorded as a recipient's next attempt so that it is due at the moment: for one in doubt, the hold
    /// is counted from there.
    func deferral(of recipient: Recipient, until due: Timestamp) -> Timestamp {
        guard recipient.state == .inDoubt, let settings = recipient.upstream.flatMap({ upstreams[$0] }) else {
            return due
        }
        return due + (.zero - settings.inDoubtHold)
    }

    private func dueTime(of recipient: Recipient) -> Timestamp? {
        switch recipient.state {
        case .queued:
            return recipient.nextAttemptAt ?? Timestamp(milliseconds: 0)
        case .deferred:
            return recipient.nextAttemptAt ?? Timestamp(milliseconds: 0)
        case .inDoubt:
            let since = recipient.nextAttemptAt ?? Timestamp(milliseconds: 0)
            guard let settings = recipient.upstream.flatMap({ upstreams[$0] }) else { return since }
            return settings.inDoubt == .hold ? nil : since + settings.inDoubtHold
        case .held, .delivered, .failed:
            return nil
        }
    }
}
