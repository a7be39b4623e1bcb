internal import Upstreams

/// The pace of one domain, shared by all messages that have a turn there. It lives as long as one of them does, whatever a
/// reload makes of it.
///
/// Confined to the delivery's event loop.
final class PaceSlot {
    /// Another one after a reload.
    var key: PaceTable.Key
    var pace: DomainPace
    private weak var book: PaceBook?

    init(_ key: PaceTable.Key, _ pace: DomainPace, of book: PaceBook) {
        (self.key, self.pace, self.book) = (key, pace, book)
    }

    var name: String { key.name }

    /// A turn has ended: the next one in line may have its own.
    fileprivate func ended(_ recipients: Int, isSpent: Bool) {
        pace.end(recipients, isSpent: isSpent)
        book?.becameDue(key)
    }
}

/// A message's turn at the pace of one of its domains. It ends with the job that holds it, which is where the message is in
/// memory: nobody can forget to give it back.
///
/// Confined to the delivery's event loop.
final class PaceTurn {
    let slot: PaceSlot
    /// Indexes of the recipients that it is for.
    let recipients: [Int]
    private var isSpent = false

    init(_ slot: PaceSlot, _ recipients: [Int]) {
        (self.slot, self.recipients) = (slot, recipients)
        slot.pace.give(recipients.count)
    }

    deinit { slot.ended(recipients.count, isSpent: isSpent) }

    /// A transaction begins. What moves on to another upstream is counted once: the domain has not had it.
    func spend(now: MonotonicInstant) {
        guard !isSpent else { return }
        isSpent = true
        slot.pace.spend(recipients.count, now: now)
    }
}
