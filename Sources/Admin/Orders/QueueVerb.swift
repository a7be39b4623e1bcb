package import Delivery
internal import Mail
internal import Spool

/// The words for orders about messages, in paths, on the command line and in the log.
package enum QueueVerb: String, Sendable, CaseIterable {
    case retry, hold, release, drop, move

    /// Whether an order would change this message, as ``QueueOrder`` does it.
    package func changes(_ message: MessageDocument) -> Bool {
        message.recipients.contains { recipient in
            let isOpen = recipient.state == "delivering"
            guard let state = isOpen ? .queued : Recipient.State(rawValue: recipient.state) else { return false }
            return sample.changes(state, isHeldByOperator: recipient.holdReason != nil)
        }
    }

    /// What it does is the same for all upstreams and notices.
    private var sample: QueueOrder {
        switch self {
        case .retry: .retry
        case .hold: .hold
        case .release: .release
        case .drop: .drop(notify: false)
        case .move: .move(to: "")
        }
    }

    /// - Parameters:
    ///   - notify: for `drop`, whether the sender is told.
    ///   - upstream: for `move`.
    /// - Throws: ``AdminError`` if something is missing, or means nothing with this verb.
    package func order(notify: Bool?, to upstream: String?) throws(AdminError) -> QueueOrder {
        if notify != nil, self != .drop { throw AdminError(.badRequest, "bounce is for drop, not for \(rawValue)") }
        if upstream != nil, self != .move { throw AdminError(.badRequest, "to is for move, not for \(rawValue)") }
        switch self {
        case .retry: return .retry
        case .hold: return .hold
        case .release: return .release
        case .drop: return .drop(notify: notify ?? false)
        case .move:
            guard let upstream, !upstream.isEmpty else { throw AdminError(.badRequest, "to must name an upstream") }
            return .move(to: upstream)
        }
    }
}
