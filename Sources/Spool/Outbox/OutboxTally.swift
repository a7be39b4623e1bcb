/// What an outbox holds for each webhook, and what one transaction changes of it. Counted beside the rows, so that nobody
/// has to count those.
package struct OutboxTally {
    package private(set) var sums: [String: OutboxSum] = [:]
    /// As they were before this transaction; nil if it has not changed them.
    private var former: [String: OutboxSum]?
    private var added: Set<String> = []
    private var discarded: [String: Int] = [:]

    package init() {}

    /// The sums of all rows, as they were read.
    package mutating func load(_ sums: [String: OutboxSum]) { self.sums = sums }

    /// An event comes with this transaction.
    package mutating func add(to webhook: String, octets: Int) {
        change(webhook) { $0.add(waiting: 1, octets: octets) }
        added.insert(webhook)
    }

    /// An event goes with it.
    package mutating func remove(from webhook: String, octets: Int, isDead: Bool) {
        change(webhook) { $0.add(waiting: isDead ? 0 : -1, dead: isDead ? -1 : 0, octets: -octets) }
    }

    /// An event is given up with it, or is tried again after all.
    package mutating func move(in webhook: String, isDead: Bool) {
        change(webhook) { $0.add(waiting: isDead ? -1 : 1, dead: isDead ? 1 : -1) }
    }

    /// This many events go, or do not come, for lack of room.
    package mutating func discard(_ count: Int, of webhook: String) {
        if count > 0 { discarded[webhook, default: 0] += count }
    }

    private mutating func change(_ webhook: String, _ change: (inout OutboxSum) -> Void) {
        if former == nil { former = sums }
        change(&sums[webhook, default: OutboxSum()])
        if sums[webhook]?.events == 0 { sums[webhook] = nil }
    }

    /// The transaction is over: tells what has become of it.
    package mutating func ended(isCommitted: Bool, _ recorder: any OutboxRecorder) {
        if isCommitted {
            if former != nil { recorder.holds(sums) }
            for (webhook, count) in discarded { recorder.discarded(count, of: webhook) }
            if !added.isEmpty { recorder.committed(to: added) }
        } else if let former {
            sums = former
        }
        former = nil
        added.removeAll(keepingCapacity: true)
        discarded.removeAll(keepingCapacity: true)
    }
}
