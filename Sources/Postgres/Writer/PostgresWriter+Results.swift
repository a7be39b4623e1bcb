internal import Mail
internal import NIOCore
internal import Spool
internal import Synchronization

/// Tells what has become of a group.
extension PostgresWriter {
    /// A group is durable.
    func committed(_ sent: SentGroup) {
        link?.lastGroup = sent.number
        let writes = sent.writes
        counts.lastEntry += writes.entryCount
        counts.departureOctets += writes.entries.count
        counts.keptOctets += writes.removals.reduce(0) { $0 + ($1.keptWith == nil ? 0 : $1.octets) }
        counts.keys += writes.keys.count
        context.left.add(writes.removals.count, ordering: .relaxed)
        noteCounts()
        outbox?.ended(isCommitted: true)
        for effect in sent.effects { conclude(effect) }
        for (order, rest) in zip(sent.orders, sent.rest) { conclude(order, rest) }
        checkLimit()
        // It has answered after all.
        if nextRetry == nil { context.health.clear(.write) }
    }

    func noteCounts() {
        context.waiting.store(counts.messages, ordering: .relaxed)
        context.departureOctets.store(counts.departureOctets, ordering: .relaxed)
        context.keptOctets.store(counts.keptOctets, ordering: .relaxed)
    }

    private func conclude(_ effect: GroupEffect) {
        switch effect {
        case .inserted(let arrival):
            if let asker = arrival.asker { completions.add(.accepted(ticket: asker.ticket), to: asker.port) }
            arrived(arrival)
        case .notInserted(let arrival, let answer):
            if let asker = arrival.asker { completions.add(answer, to: asker.port) }
        case .part(let part):
            completions.add(.appended(part.name, octets: part.bytes.readableBytes), to: part.name.port)
        case .abandoned, .quarantined: break
        case .began(let id, let port, let isFound):
            completions.add(isFound ? .attemptRecorded(id) : .attemptNotRecorded(id, .missing(id)), to: port)
        case .settled(let id, let asker, let isFound, let gone, let notices):
            if let gone { left(gone) }
            settled(id, asker, isFound: isFound)
            for notice in notices { arrived(notice) }
        case .changed(let found, let asker, let gone, let notices):
            for octets in gone { left(octets) }
            for notice in notices { arrived(notice) }
            completions.add(.changed(ticket: asker.ticket, found), to: asker.port)
        }
    }

    private func left(_ octets: Int) {
        counts.messages -= 1
        counts.octets -= octets
    }

    private func settled(_ id: QueueID, _ asker: Asker?, isFound: Bool) {
        context.dots?.forget(id)
        guard let asker else { return }
        completions.add(
            isFound ? .settled(ticket: asker.ticket) : .notSettled(ticket: asker.ticket, .missing(id)), to: asker.port)
    }

    private func arrived(_ arrival: Arrival) {
        counts.messages += 1
        counts.octets += arrival.placement.octets
        guard wantsArrivals else { return }
        completions.add(arrival: QueuedMessage(message: arrival.new.message, content: content(arrival)))
    }

    /// Content in memory if the budget allows, otherwise its place.
    private func content(_ arrival: Arrival) -> MessageContent {
        let placement = arrival.placement
        if let kept = placement.kept, context.budget.allows(placement.octets) {
            return .resident(ResidentContent(parts: [arrival.new.header] + kept, budget: context.budget))
        }
        return .stored(
            PostgresContentReader(
                id: arrival.new.message.id, octets: placement.octets, checksum: placement.checksum,
                chunks: placement.chunks))
    }

    /// A part of an order is durable; the next one comes with a later group.
    private func conclude(_ order: EventOrder, _ rest: EventOrder) {
        guard !rest.updates.isEmpty else { return order.done(.success(rest.count)) }
        if !context.inbox.append(.events(rest)) { order.done(.failure(.closed)) }
    }

    // MARK: - After a failure

    func refuse(_ group: [GroupChange], _ error: SpoolError) {
        for change in group { refuse(change, error) }
    }

    /// Tells who asked that nothing is durable. Outcomes are kept, and have nobody to tell from then on.
    func refuse(_ change: GroupChange, _ error: SpoolError) {
        switch change {
        case .insert(let arrival):
            if arrival.placement.isStreamed, let content = arrival.placement.chunks {
                changes.append(.abandon(content: content))
            }
            guard let asker = arrival.asker else { return }
            completions.add(.refused(ticket: asker.ticket, error), to: asker.port)
        case .part(let part):
            if let content = streams.fail(part.name, error) { changes.append(.abandon(content: content)) }
            completions.add(.appendFailed(part.name, error), to: part.name.port)
        // What is left of a stream goes with the next connection.
        case .abandon: break
        case .begin(let id, _, let port): completions.add(.attemptNotRecorded(id, error), to: port)
        case .outcome(let outcome, let asker):
            kept.append(outcome)
            if let asker { completions.add(.notSettled(ticket: asker.ticket, error), to: asker.port) }
        case .change(_, _, let asker): completions.add(.notChanged(ticket: asker.ticket, error), to: asker.port)
        case .events(let order): order.done(.failure(error))
        }
    }
}

extension SpoolError {
    static func missing(_ id: QueueID) -> SpoolError {
        SpoolError(.missing, "message \(id) is not in the spool any more")
    }

    static func corrupt(_ id: QueueID) -> SpoolError {
        SpoolError(.corrupt, "the content of message \(id) does not match its checksum")
    }
}
