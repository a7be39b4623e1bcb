internal import Mail
internal import Spool

/// Recipients that the guard holds.
extension MessageCycle {
    /// Holds the recipients that are still to be handed to an upstream, without those in doubt, and those that an operator has
    /// released.
    ///
    /// - Returns: whether there are any.
    mutating func holdByGuard() -> Bool {
        let held = unsettled.filter { doubts[$0] == nil && !message.recipients[$0].wasReleasedFromGuard }
        guard !held.isEmpty else { return false }
        for index in held {
            opinions[index] = nil
            incapable[index] = nil
            change(index) { $0.markHeldByGuard() }
        }
        leave(Set(held))
        if pending.isEmpty, isBound { unbind() }
        return true
    }
}
