internal import Mail
internal import NIOCore

/// Committing a group, and what happens when that fails.
extension SpoolWriter {
    /// What a transaction has changed, to be told once it is durable.
    private struct Effects {
        var inserted: [Insertion] = []
        var found: [Bool] = []
        var removed: [RemovedRow] = []
        var relocated: [Bool] = []
    }

    /// Commits what was kept and what has been staged.
    ///
    /// A group with new messages that fails is tried once more without them, since outcomes may need no room. Outcomes
    /// that still cannot be written are kept, and come first in every later group until they are durable.
    func commit() {
        let group = kept.isEmpty ? changes : kept + changes
        changes.removeAll(keepingCapacity: true)
        kept.removeAll()
        do throws(SpoolError) {
            try apply(group)
            return
        } catch {
            failed(error)
            let rest = refuseInserts(group, error)
            if rest.count < group.count, !rest.isEmpty, (try? apply(rest)) != nil { return }
            keep(rest, error)
        }
    }

    private func apply(_ group: [Change]) throws(SpoolError) {
        guard !group.isEmpty else { return }
        let database = try openDatabase()
        var effects = Effects()
        try database.transaction { () throws(SpoolError) in
            for change in group { try apply(change, database, &effects) }
        }
        conclude(group, effects)
    }

    private func apply(
        _ change: Change, _ database: SpoolDatabase, _ effects: inout Effects
    ) throws(SpoolError) {
        switch change {
        case .insert(let new, let placed, _, _): effects.inserted.append(try database.insert(new, placed))
        case .begin(let id, let attempt, _): effects.found.append(try database.begin(id, attempt))
        case .settle(let settlement): try database.settle(settlement)
        case .remove(let id): if let row = try database.remove(id) { effects.removed.append(row) }
        case .quarantine(let id, let reason): try database.quarantine(id, reason)
        case .relocate(let relocation, _): effects.relocated.append(try database.relocate(relocation))
        }
    }

    // MARK: After the commit

    private func conclude(_ group: [Change], _ effects: Effects) {
        var inserted = effects.inserted.makeIterator()
        var found = effects.found.makeIterator()
        var relocated = effects.relocated.makeIterator()
        for change in group {
            switch change {
            case .insert(let new, let placed, let port, let ticket):
                conclude(new, placed, port, ticket, inserted.next() ?? .taken)
            case .begin(let id, _, let port):
                let result: SpoolCompletion =
                    found.next() ?? false ? .attemptRecorded(id) : .attemptNotRecorded(id, .missing(id))
                completions.add(result, to: port)
            case .settle(let settlement): context.dots?.forget(settlement.id)
            case .remove(let id): context.dots?.forget(id)
            case .quarantine: break
            case .relocate(let relocation, let segment):
                conclude(relocation, segment, moved: relocated.next() ?? false)
            }
        }
        for row in effects.removed {
            liveOctets -= row.octets
            context.store.released(row.extents)
        }
        checkLimit()
    }

    private func conclude(
        _ new: NewMessage, _ placed: PlacedContent, _ port: SpoolPort, _ ticket: UInt64, _ insertion: Insertion
    ) {
        switch insertion {
        case .done: inserted(new, placed, port, ticket)
        case .taken:
            let error = SpoolError(.inputOutput, "the queue ID \(new.message.id) is in use")
            notInserted(placed, .refused(ticket: ticket, error), port)
        case .repeated(let id): notInserted(placed, .resubmitted(ticket: ticket, id), port)
        case .contradicted:
            let error = SpoolError(.contradiction, "the key of the message was used for another one")
            notInserted(placed, .refused(ticket: ticket, error), port)
        }
    }

    /// What was written of its content is dead space.
    private func notInserted(_ placed: PlacedContent, _ answer: SpoolCompletion, _ port: SpoolPort) {
        context.store.dropped(placed.extents ?? [])
        completions.add(answer, to: port)
    }

    private func inserted(_ new: NewMessage, _ placed: PlacedContent, _ port: SpoolPort, _ ticket: UInt64) {
        liveOctets += placed.octets
        context.store.committed(placed.extents ?? [])
        completions.add(.accepted(ticket: ticket), to: port)
        guard wantsArrivals else { return }
        completions.add(arrival: QueuedMessage(message: new.message, content: content(new, placed)))
    }

    /// Content in memory where the budget allows it, otherwise a place on disk.
    private func content(_ new: NewMessage, _ placed: PlacedContent) -> MessageContent {
        if let kept = placed.kept, context.budget.allows(placed.octets) {
            return .resident(ResidentContent(parts: [new.header] + kept, budget: context.budget))
        }
        return .stored(
            StoredContentReader(
                id: new.message.id, octets: placed.octets, checksum: placed.checksum, extents: placed.extents,
                pin: placed.extents.map(context.store.pin)))
    }

    private func conclude(_ relocation: Relocation, _ segment: Int, moved: Bool) {
        if moved {
            context.store.committed(relocation.copied)
            context.store.released(relocation.replaced)
        } else {
            context.store.dropped(relocation.copied)
        }
        context.store.compactionEnded(segment)
        SpoolStep.reached(.afterCompactionCommit)
    }

    func checkLimit() {
        let limit = context.settings.maxOctets
        guard limit > 0 else { return }
        if liveOctets >= limit {
            context.health.set(.limit, SpoolError(.full, "the spool holds \(liveOctets) octets, its limit is \(limit)"))
        } else {
            context.health.clear(.limit)
        }
    }

    // MARK: After a failure

    var isRetryDue: Bool { nextRetry.map { $0 <= Monotonic.now } ?? false }

    /// Nothing is accepted until a trial has worked.
    func failed(_ error: SpoolError) {
        context.health.set(.write, error)
        if error.code != .full { database = nil }
        nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
    }

    /// Tries whether writing works again: the same ways that a message goes.
    func retry() {
        do throws(SpoolError) {
            if !kept.isEmpty { commit() }
            guard kept.isEmpty else { return }
            try openDatabase().probe()
            if segmentFailed { try probeSegment() }
            segmentFailed = false
            nextRetry = nil
            context.health.clear(.write)
        } catch {
            failed(error)
        }
    }

    private func probeSegment() throws(SpoolError) {
        let zeroes = [UInt8](repeating: 0, count: 4096)
        let result: Result<Void, SpoolError> = zeroes.withUnsafeBytes { bytes in
            do throws(SpoolError) {
                context.store.dropped([try appender.append(bytes)])
                return .success(try appender.sync())
            } catch {
                appender.abandonSegments()
                return .failure(error)
            }
        }
        try result.get()
    }

    /// The connection; opened anew after an error that may have broken it.
    private func openDatabase() throws(SpoolError) -> SpoolDatabase {
        if let database { return database }
        let database = try SpoolDatabase(path: context.databasePath, tuning: context.tuning)
        self.database = database
        return database
    }

    private func refuseInserts(_ group: [Change], _ error: SpoolError) -> [Change] {
        var rest: [Change] = []
        for change in group {
            switch change {
            case .insert(_, let placed, let port, let ticket):
                context.store.dropped(placed.extents ?? [])
                completions.add(.refused(ticket: ticket, error), to: port)
            case .relocate(let relocation, let segment):
                context.store.dropped(relocation.copied)
                context.store.compactionEnded(segment)
            case .begin, .settle, .remove, .quarantine: rest.append(change)
            }
        }
        return rest
    }

    private func keep(_ rest: [Change], _ error: SpoolError) {
        for change in rest {
            switch change {
            case .begin(let id, _, let port): completions.add(.attemptNotRecorded(id, error), to: port)
            case .settle, .remove, .quarantine: kept.append(change)
            case .insert, .relocate: break
            }
        }
    }
}
