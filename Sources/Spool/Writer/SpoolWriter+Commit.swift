internal import Mail
internal import NIOCore
internal import Synchronization

/// Commits a group, and handles failures.
extension SpoolWriter {
    /// Commits the retained changes and the staged ones.
    ///
    /// A failed group with new messages is retried once without them, because outcomes may need no space; if the disk is
    /// full, with space from the reserve. Outcomes that still cannot be written are retained, and come first in every
    /// later group until they are durable.
    func commit() {
        let group = kept.isEmpty ? changes : kept.map { .outcome($0, nil) } + changes
        changes.removeAll(keepingCapacity: true)
        kept.removeAll()
        do throws(SpoolError) {
            try apply(group)
            return
        } catch {
            failed(error)
            for change in group where change.needsRoom { refuse(change, error) }
            let rest = group.filter { !$0.needsRoom }
            if rest.count < group.count, !rest.isEmpty, (try? apply(rest)) != nil { return }
            let lost = error.code == .full ? withoutDepartures { recordFromReserve(rest) } : rest
            for change in lost { refuse(change, error) }
            if lost.count == rest.count { overwriteFailedCommit() }
        }
    }

    /// A commit whose sync failed is whole in the log, and the next start would believe it: what was refused would come
    /// back. SQLite writes the next commit over it.
    private func overwriteFailedCommit() {
        try? openDatabase().overwriteFailedCommit()
    }

    func apply(_ group: [SpoolChange]) throws(SpoolError) {
        guard !group.isEmpty else { return }
        let database = try openDatabase()
        var effects: [SpoolEffect] = []
        effects.reserveCapacity(group.count)
        let pages = database.pagesInLog
        let began = Monotonic.now
        try database.transaction { () throws(SpoolError) in
            for change in group { effects.append(try apply(change, database)) }
        }
        context.meter.time.record(nanoseconds: Monotonic.now - began)
        context.meter.operations.record(group.count)
        let grown = database.pagesInLog - pages
        allowance.groupEnded(pages: grown < 0 ? database.pagesInLog : grown)
        let isKept = !group.contains(where: \.isInsert) || context.isInPlace
        if !isKept { takeBack(effects, database) }
        for effect in effects { conclude(effect, isKept: isKept) }
        context.messageCount.store(messages, ordering: .relaxed)
        noteDepartures(database)
        checkLimit()
    }

    private func apply(_ change: SpoolChange, _ database: SpoolDatabase) throws(SpoolError) -> SpoolEffect {
        guard case .change(let ids, let change, let asker) = change else { return try database.apply(change) }
        var effects: [ChangeEffect] = []
        effects.reserveCapacity(ids.count)
        for id in ids { effects.append(try database.apply(change, to: id) { write($0, about: id) }) }
        return .changed(effects, asker)
    }

    /// The files were removed under the relay: what was committed to them is gone with the process, and must not get a
    /// 250. Nor may it come back, should the files.
    private func takeBack(_ effects: [SpoolEffect], _ database: SpoolDatabase) {
        context.checkPlace()
        try? database.transaction { () throws(SpoolError) in
            for case .inserted(let insert, .done) in effects { _ = try database.remove(insert.new.message.id) }
        }
    }

    // MARK: After the commit

    /// - Parameter isKept: false if messages were committed to files that are no longer there.
    private func conclude(_ effect: SpoolEffect, isKept: Bool) {
        switch effect {
        case .inserted(let insert, .done) where !isKept:
            notInserted(insert, .refused(ticket: insert.asker.ticket, context.health.refusal ?? .closed))
        case .inserted(let insert, let insertion): conclude(insert, insertion)
        case .began(let id, let port, let isFound):
            completions.add(isFound ? .attemptRecorded(id) : .attemptNotRecorded(id, .missing(id)), to: port)
        case .settled(let id, let asker, let settled, let notices):
            if case .gone(let row) = settled { removed(row) }
            self.settled(id, asker, isFound: settled.isFound)
            for notice in notices { arrived(notice.new, notice.placed) }
        case .quarantined: break
        case .changed(let effects, let asker): conclude(effects, asker)
        case .relocated(let relocation, let segment, let isMoved): conclude(relocation, segment, isMoved: isMoved)
        case .outbox(let order, let count, let rest): conclude(order, count, rest)
        }
    }

    private func conclude(_ effects: [ChangeEffect], _ asker: SpoolAsker) {
        for effect in effects {
            if case .gone(let row) = effect.settled { removed(row) }
            for notice in effect.notices { arrived(notice.new, notice.placed) }
        }
        completions.add(.changed(ticket: asker.ticket, effects.map(\.found)), to: asker.port)
    }

    private func settled(_ id: QueueID, _ asker: SpoolAsker?, isFound: Bool) {
        context.dots?.forget(id)
        guard let asker else { return }
        let ticket = asker.ticket
        completions.add(
            isFound ? .settled(ticket: ticket) : .notSettled(ticket: ticket, .missing(id)), to: asker.port)
    }

    private func removed(_ row: RemovedRow) {
        liveOctets -= row.octets
        messages -= 1
        if !row.isKept { context.store.released(row.extents) }
    }

    private func conclude(_ insert: PendingInsert, _ insertion: Insertion) {
        let ticket = insert.asker.ticket
        switch insertion {
        case .done: inserted(insert)
        case .taken:
            let error = SpoolError(.inputOutput, "the queue ID \(insert.new.message.id) is in use")
            notInserted(insert, .refused(ticket: ticket, error))
        case .repeated(let id): notInserted(insert, .resubmitted(ticket: ticket, id))
        case .contradicted:
            let error = SpoolError(.contradiction, "the key of the message was used for another one")
            notInserted(insert, .refused(ticket: ticket, error))
        }
    }

    /// Content written for it is dead space.
    func notInserted(_ insert: PendingInsert, _ answer: SpoolCompletion) {
        context.store.dropped(insert.placed.extents ?? [])
        completions.add(answer, to: insert.asker.port)
    }

    private func inserted(_ insert: PendingInsert) {
        completions.add(.accepted(ticket: insert.asker.ticket), to: insert.asker.port)
        arrived(insert.new, insert.placed)
    }

    private func arrived(_ new: NewMessage, _ placed: PlacedContent) {
        liveOctets += placed.octets
        messages += 1
        context.store.committed(placed.extents ?? [])
        guard wantsArrivals else { return }
        completions.add(arrival: QueuedMessage(message: new.message, content: content(new, placed)))
    }

    /// Content in memory if the budget allows, otherwise a location on disk.
    private func content(_ new: NewMessage, _ placed: PlacedContent) -> MessageContent {
        if let kept = placed.kept, context.budget.allows(placed.octets) {
            return .resident(ResidentContent(parts: [new.header] + kept, budget: context.budget))
        }
        return .stored(
            StoredContentReader(
                id: new.message.id, octets: placed.octets, checksum: placed.checksum, extents: placed.extents,
                pin: placed.extents.map(context.store.pin)))
    }

    private func conclude(_ relocation: Relocation, _ segment: Int, isMoved: Bool) {
        if isMoved {
            context.store.committed(relocation.copied)
            context.store.released(relocation.replaced)
        } else {
            context.store.dropped(relocation.copied)
        }
        context.store.compactionEnded(segment)
        SpoolStep.reached(.afterCompactionCommit)
    }

    func checkLimit() {
        let limit = context.limits.maxOctets
        guard limit > 0 else { return }
        if liveOctets >= limit {
            context.health.set(.limit, limitError)
        } else {
            context.health.clear(.limit)
        }
    }

    var limitError: SpoolError {
        SpoolError(
            .full, "the spool holds \(liveOctets + stagedOctets) octets, its limit is \(context.limits.maxOctets)")
    }

    // MARK: After a failure

    var isRetryDue: Bool { nextRetry.map { $0 <= Monotonic.now } ?? false }

    /// Nothing is accepted until a trial write has worked.
    func failed(_ error: SpoolError) {
        context.health.set(.write, error)
        if error.code != .full { database = nil }
        nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
    }

    /// Tries whether writing works again, by the same path that a message takes.
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
        do throws(SpoolError) {
            try appender.makeRoom(4096)
        } catch {
            // Without room for a segment, only the mail that needs one is refused.
            guard error.code == .full else { throw error }
            return
        }
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

    /// The connection; reopened after an error that may have broken it.
    func openDatabase() throws(SpoolError) -> SpoolDatabase {
        if let database { return database }
        // SQLite would make a new, empty one.
        guard context.isInPlace else {
            throw SpoolError(.inputOutput, "\(context.databasePath) was removed or replaced")
        }
        let database = try context.makeDatabase()
        self.database = database
        return database
    }

    /// Tells who asked that nothing is durable. Outcomes are kept, and have nobody to tell from then on.
    private func refuse(_ change: SpoolChange, _ error: SpoolError) {
        switch change {
        case .insert(let insert): notInserted(insert, .refused(ticket: insert.asker.ticket, error))
        case .begin(let id, _, let port): completions.add(.attemptNotRecorded(id, error), to: port)
        case .outcome(let outcome, let asker):
            kept.append(outcome)
            if let asker { completions.add(.notSettled(ticket: asker.ticket, error), to: asker.port) }
        case .change(_, _, let asker): completions.add(.notChanged(ticket: asker.ticket, error), to: asker.port)
        case .relocate(let relocation, let segment):
            context.store.dropped(relocation.copied)
            context.store.compactionEnded(segment)
        case .outbox(let order): order.done(.failure(error))
        }
    }
}
