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

    /// - Parameter isCycle: whether a cycle has ended without an upstream for somebody.
    private static func event(_ before: Recipient, _ after: Recipient, isCycle: Bool) -> WebhookEvent? {
        switch after.state {
        case .delivered: before.state == .delivered ? nil : .delivered
        case .failed: before.state == .failed ? nil : after.failureClass == .suppressed ? .suppressed : .failed
        case .inDoubt: before.state == .inDoubt ? nil : .inDoubt
        // One that waits for a later time than the others of its message has not been part of the cycle.
        case .deferred: isCycle && after.nextAttemptAt != before.nextAttemptAt ? .deferred : nil
        case .queued, .scheduled, .held: nil
        }
    }
}
