internal import Mail
internal import Spool
internal import Upstreams

/// Probes of round trips.
extension MessageCycle {
    /// Ends a probe that nothing more is to be learned from by sending it.
    ///
    /// - Parameter reason: in words.
    mutating func dropProbe(_ reason: String) {
        for index in message.recipients.indices where !message.recipients[index].isSettled {
            change(index) { recipient in
                recipient.markFailed(.other)
                recipient.lastReply = Self.droppedPrefix + reason
            }
        }
        leave(Set(message.recipients.indices))
        postponed = []
    }
}

extension MessageCycle.Terms {
    /// For a probe: only its own upstream if it has one, whatever the route leads to, and none once that is gone, or may have
    /// the probe already.
    ///
    /// - Parameters:
    ///   - pin: index of its own upstream; nil if that is gone.
    ///   - isOver: whether nothing is to be sent any more.
    mutating func restrict(to mark: ProbeMark, at pin: Int?, isOver: Bool) {
        isBound = false
        isPinned = mark.upstream != nil
        if isOver {
            onlyUpstreams = []
        } else if isPinned {
            upstreams = pin.map { [$0] } ?? []
            onlyUpstreams = upstreams
        }
    }
}
