import Mail
import Spool

/// Whether a message that an operator has moved goes there first.
extension Oracle {
    /// Where an order has moved a message.
    struct Move {
        let upstream: Int
        let since: Timestamp
        /// Those that have not been there since.
        var recipients: Set<Int>
    }

    /// A move has become durable.
    func moved(_ id: QueueID, _ upstream: String, _ recipients: [Recipient]) {
        guard let index = index[id], let place = policies.firstIndex(where: { $0.name == upstream }) else { return }
        let waiting = recipients.indices.filter { recipients[$0].state == .queued || recipients[$0].state == .deferred }
        for recipient in recipients.indices { messages[index].unmoved[recipient]?.remove(place) }
        messages[index].move = Move(upstream: place, since: present, recipients: Set(waiting))
    }

    /// Doubts have rules of their own, and what the upstream refuses or cannot carry goes on.
    func judgeMove(_ dot: Dot, _ message: Int, _ recipient: Int, _ who: String) {
        let entry = messages[message]
        guard let move = entry.move, move.recipients.contains(recipient) else { return }
        messages[message].move?.recipients.remove(recipient)
        guard dot.upstream != move.upstream, isBlameless(move.upstream, move.since), entry.body != .binaryMIME,
            entry.states[recipient] != .inDoubt, !(entry.refusers[recipient]?.contains(move.upstream) ?? false)
        else { return }
        problem("\(who): sent elsewhere, and an operator has moved it to \(policies[move.upstream].name)")
    }
}
