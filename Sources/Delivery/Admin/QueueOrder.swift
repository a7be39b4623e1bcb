internal import Mail
package import Spool

/// What an operator orders for waiting messages.
package enum QueueOrder: Hashable, Sendable {
    /// Those that wait for their time are due now.
    case retry
    /// Nothing is sent before an operator releases it.
    case hold
    /// What is held, or scheduled for later, is due now.
    case release
    /// The message is gone.
    ///
    /// - Parameter notify: whether its sender is told.
    case drop(notify: Bool)
    /// The message goes through this upstream, until it fails there, and is due now.
    case move(to: String)
    /// A probe that no upstream has taken in time is gone: an order of the relay itself.
    case withdraw
}

/// The result of an order for one message.
package enum QueueOrderResult: Hashable, Sendable {
    /// Carried out, and durable.
    case done
    /// The message is dropped, its sender is told, and both are durable.
    case doneAndTold
    /// Nothing to do in its state; why, in words for people.
    case unchanged(String)
    /// There is no such message, or no longer.
    case missing
    /// The attempt that it waited for has ended the message.
    ///
    /// - Parameter delivered: whether every recipient has it; else some have failed.
    case ended(delivered: Bool)
    /// Its attempt still ran at the end of the wait; nothing has changed.
    case busy
    /// The spool could not record it; nothing has changed. The reason.
    case unrecorded(String)
    /// The relay is stopping; nothing has changed.
    case stopping
}

extension QueueOrderResult {
    /// Whether the order is carried out, and durable.
    package var isDone: Bool {
        switch self {
        case .done, .doneAndTold: true
        case .unchanged, .missing, .ended, .busy, .unrecorded, .stopping: false
        }
    }
}

/// What an order does to a message, as a value. Nothing is in progress for the message.
extension QueueOrder {
    /// Changes the recipients that the order is about.
    ///
    /// - Returns: nil if done; otherwise why there is nothing to do.
    func apply(to message: inout SpooledMessage, now: Timestamp) -> String? {
        let before = message
        for index in message.recipients.indices where !message.recipients[index].isFinal {
            change(&message.recipients[index], now)
        }
        switch self {
        case .move(let upstream):
            if let own = message.probe?.upstream { return "it is a probe of \(own), and goes only there" }
            guard message.recipients.contains(where: \.mayMove) else { return reason(for: before) }
            message.boundUpstream = upstream
        case .drop: drop(&message, Self.dropped)
        case .withdraw: drop(&message, Self.withdrawn)
        case .release where message != before:
            // It ages from when it is sent, which is now.
            if let planned = message.releaseAt, planned > now { message.releaseAt = now }
        case .retry, .hold, .release: break
        }
        return message == before && !removes ? reason(for: before) : nil
    }

    /// What an order does to a recipient.
    private enum Effect {
        case due, held, released, doubtHeld, doubtReleased, gone
    }

    /// Whether it does anything to a recipient that waits in this state, or is being tried: then it waits for the outcome.
    ///
    /// - Parameter isHeldByOperator: of one in doubt.
    package func changes(_ state: Recipient.State, isHeldByOperator: Bool) -> Bool {
        effect(on: state, isHeldByOperator: isHeldByOperator) != nil
    }

    /// - Returns: nil for nothing.
    private func effect(on state: Recipient.State, isHeldByOperator: Bool) -> Effect? {
        switch (self, state) {
        case (.retry, .queued), (.retry, .deferred), (.move, .queued), (.move, .deferred): .due
        case (.hold, .queued), (.hold, .deferred), (.hold, .scheduled): .held
        case (.hold, .inDoubt): isHeldByOperator ? nil : .doubtHeld
        case (.release, .inDoubt): isHeldByOperator ? .doubtReleased : nil
        case (.release, .held), (.release, .scheduled): .released
        case (.drop, _), (.withdraw, _): .gone
        case (.retry, .scheduled), (.retry, .held), (.retry, .inDoubt), (.release, .queued), (.release, .deferred),
            (.hold, .held), (.move, .scheduled), (.move, .held), (.move, .inDoubt), (_, .delivered), (_, .failed):
            nil
        }
    }

    /// The new state to record; nil if there is nothing to do.
    func settlement(of message: SpooledMessage, now: Timestamp) -> Settlement? {
        var message = message
        guard apply(to: &message, now: now) == nil else { return nil }
        var settlement = Settlement(
            id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: nil,
            boundUpstream: message.boundUpstream)
        settlement.isDropped = removes
        settlement.releaseAt = message.releaseAt
        return settlement
    }

    /// What the sender of a dropped message is told, about failures of earlier releases too.
    func notices(
        about message: SpooledMessage, _ settlement: Settlement, _ maker: NoticeMaker, at moment: Moment
    ) -> [PlannedNotice] {
        guard self == .drop(notify: true) else { return [] }
        var dropped = message
        dropped.recipients = settlement.recipients
        var news = UntoldNews()
        news.failed = message.recipients.indices.filter { !message.recipients[$0].isSettled }
        return maker.notices(about: dropped, news, at: moment)
    }

    /// Whether a message leaves the spool with this order.
    var removes: Bool {
        switch self {
        case .drop, .withdraw: true
        case .retry, .hold, .release, .move: false
        }
    }

    private func change(_ recipient: inout Recipient, _ now: Timestamp) {
        switch effect(on: recipient.state, isHeldByOperator: recipient.resolution == .hold) {
        case .due: recipient.nextAttemptAt = now
        case .held: recipient.markHeld(.operator)
        case .doubtHeld: recipient.resolution = .hold
        case .doubtReleased: recipient.resolution = nil
        case .released: recipient.markReleased()
        case .gone, nil: break
        }
    }

    /// Those that failed under an earlier release are settled too: with this order nobody has been forgotten.
    private func drop(_ message: inout SpooledMessage, _ words: String) {
        for index in message.recipients.indices where !message.recipients[index].isSettled {
            let hadFailed = message.recipients[index].state == .failed
            message.recipients[index].markFailed(.other)
            if !hadFailed { message.recipients[index].lastReply = words }
        }
    }

    static let dropped = "dropped by an operator"
    static let withdrawn = MessageCycle.droppedPrefix + "no upstream has taken it in time"

    private func reason(for message: SpooledMessage) -> String {
        let waiting = Set(message.recipients.lazy.filter { !$0.isFinal }.map(\.state))
        switch self {
        case .retry where waiting.contains(.held), .move where waiting.contains(.held): return "it is held: release it"
        case .retry where waiting.contains(.scheduled), .move where waiting.contains(.scheduled):
            return "it is scheduled: release sends it now"
        case .retry where waiting.contains(.inDoubt), .move where waiting.contains(.inDoubt):
            return "it is in doubt: resolve it"
        case .release where waiting.contains(.inDoubt): return "it is in doubt: resolve it"
        case .release: return "it is neither held nor scheduled"
        case .hold where waiting.contains(.held) || waiting.contains(.inDoubt): return "it is held already"
        case .retry, .hold, .drop, .move, .withdraw: return "all its recipients are delivered or failed"
        }
    }
}

extension Recipient {
    /// Whether it waits for nothing but its turn or its time.
    fileprivate var mayMove: Bool {
        switch state {
        case .queued, .deferred: true
        case .scheduled, .held, .inDoubt, .delivered, .failed: false
        }
    }
}
