/// Changes of the outbox that are too large for one commit.
extension SpoolWriter {
    /// A part of an order is durable; the next one comes with a later group.
    func conclude(_ order: OutboxOrder, _ count: Int, _ rest: [OutboxUpdate]) {
        guard !rest.isEmpty else { return order.done(.success(count)) }
        let next = OutboxOrder(updates: rest, count: count, done: order.done)
        if !context.inbox.append(.outbox(next)) { order.done(.failure(.closed)) }
    }

    /// What exceeds the limits of webhooks goes after the replies of a group, a part at a time; the rest comes after the
    /// next group.
    func trimOutbox() {
        guard let database, let outbox = database.outbox, outbox.isOverfull, nextRetry == nil else { return }
        do throws(SpoolError) {
            try database.transaction { () throws(SpoolError) in try outbox.trim() }
            if outbox.isOverfull { _ = context.inbox.append(.trimOutbox) }
        } catch {
            failed(error)
        }
    }
}
