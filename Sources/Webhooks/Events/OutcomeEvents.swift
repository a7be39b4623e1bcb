internal import Mail
package import Spool

/// Which events an outcome is: the one place that reads them from the states of recipients before and after.
package enum OutcomeEvents {
    /// In the order of the recipients, by their index. Nothing is told about the relay's own notices.
    package static func events(of cause: OutboxCause) -> [(index: Int, event: WebhookEvent)] {
        guard cause.message.notice == nil else { return [] }
        let isCycle = cause.cycles > cause.message.cycles
        return zip(cause.message.recipients, cause.recipients).enumerated().compactMap { index, states in
            let (before, after) = states
            if cause.dropped.contains(index) { return (index, .dropped) }
            return event(before, after, isCycle: isCycle).map { (index, $0) }
        }
    }

    /// What an outcome may be, whatever the message was before.
    package static func possible(of settlement: Settlement) -> Set<WebhookEvent> {
        let events = Set(settlement.recipients.compactMap { event(of: $0) })
        return settlement.isDropped ? events.union([.dropped]) : events
    }

    /// What entering its state is; nil for nothing.
    private static func event(of recipient: Recipient) -> WebhookEvent? {
        switch recipient.state {
        case .delivered: .delivered
        case .failed: recipient.failureClass == .suppressed ? .suppressed : .failed
        case .inDoubt: .inDoubt
        case .deferred: .deferred
        case .queued, .scheduled, .held: nil
        }
    }

    /// - Parameter isCycle: whether a cycle has ended without an upstream for somebody.
    private static func event(_ before: Recipient, _ after: Recipient, isCycle: Bool) -> WebhookEvent? {
        switch after.state {
        case .delivered, .failed, .inDoubt: before.state == after.state ? nil : event(of: after)
        // One that waits for a later time than the others of its message has not been part of the cycle.
        case .deferred: isCycle && after.nextAttemptAt != before.nextAttemptAt ? .deferred : nil
        case .queued, .scheduled, .held: nil
        }
    }
}
