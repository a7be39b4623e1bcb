internal import Mail
internal import Spool

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
}

/// The result of an order for one message.
package enum QueueOrderResult: Hashable, Sendable {
    /// Carried out, and durable.
    case done
    /// Nothing to do in its state; why, in words for people.
    case unchanged(String)
    /// There is no such message, or no longer.
    case missing
    /// Its attempt still ran at the end of the wait; nothing has changed.
    case busy
    /// The spool could not record it; nothing has changed. The reason.
    case unrecorded(String)
    /// The message cannot be read; nothing has changed. The reason.
    case unreadable(String)
    /// The relay is stopping; nothing has changed.
    case stopping
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
            guard message.recipients.contains(where: \.mayMove) else { return reason(for: before) }
            message.boundUpstream = upstream
        case .drop: drop(&message)
        case .retry, .hold, .release: break
        }
        return message == before && !removes ? reason(for: before) : nil
    }

    /// The new state to record; nil if there is nothing to do.
    func settlement(of message: SpooledMessage, now: Timestamp) -> Settlement? {
        var message = message
        guard apply(to: &message, now: now) == nil else { return nil }
        var settlement = Settlement(
            id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: nil,
            boundUpstream: message.boundUpstream)
        settlement.isDropped = removes
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
        case .drop: true
        case .retry, .hold, .release, .move: false
        }
    }

    private func change(_ recipient: inout Recipient, _ now: Timestamp) {
        switch (self, recipient.state) {
        case (.retry, .queued), (.retry, .deferred), (.move, .queued), (.move, .deferred):
            recipient.nextAttemptAt = now
        case (.hold, .queued), (.hold, .deferred), (.hold, .scheduled):
            recipient.markHeld(.operator)
        case (.hold, .inDoubt):
            recipient.resolution = .hold
        case (.release, .inDoubt):
            if recipient.resolution == .hold { recipient.resolution = nil }
        case (.release, .held), (.release, .scheduled):
            recipient.markReleased()
        case (.retry, .scheduled), (.retry, .held), (.retry, .inDoubt), (.release, .queued), (.release, .deferred),
            (.hold, .held), (.move, .scheduled), (.move, .held), (.move, .inDoubt), (.drop, _),
            (_, .delivered), (_, .failed):
            break
        }
    }

    /// Those that failed under an earlier release are settled too: with this order nobody has been forgotten.
    private func drop(_ message: inout SpooledMessage) {
        for index in message.recipients.indices where !message.recipients[index].isSettled {
            let hadFailed = message.recipients[index].state == .failed
            message.recipients[index].markFailed(.other)
            if !hadFailed { message.recipients[index].lastReply = Self.dropped }
        }
    }

    static let dropped = "dropped by an operator"

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
        case .hold where waiting.contains(.held): return "it is held already"
        case .retry, .hold, .drop, .move: return "nothing is left to do for it"
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
