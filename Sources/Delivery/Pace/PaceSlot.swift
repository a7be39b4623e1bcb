internal import Upstreams

/// The pace of one domain, shared by all messages that have a turn there. It lives as long as one of them does, whatever a
/// reload makes of it.
///
/// Confined to the delivery's event loop.
final class PaceSlot {
    let name: String
    var pace: DomainPace

    init(_ name: String, _ pace: DomainPace) {
        (self.name, self.pace) = (name, pace)
    }
}

/// A message's turn at the pace of one of its domains. It ends with the job that holds it, which is where the message is in
/// memory: nobody can forget to give it back.
///
/// Confined to the delivery's event loop.
final class PaceTurn {
    let key: PaceTable.Key
    let slot: PaceSlot
    /// Indexes of the recipients that it is for.
    let recipients: [Int]
    private var isSpent = false

    init(_ key: PaceTable.Key, _ slot: PaceSlot, _ recipients: [Int]) {
        (self.key, self.slot, self.recipients) = (key, slot, recipients)
        slot.pace.give(recipients.count)
    }

    deinit { slot.pace.end(recipients.count, isSpent: isSpent) }

    /// A transaction begins. What moves on to another upstream is counted once: the domain has not had it.
    func spend(now: MonotonicInstant) {
        guard !isSpent else { return }
        isSpent = true
        slot.pace.spend(recipients.count, now: now)
    }
}
