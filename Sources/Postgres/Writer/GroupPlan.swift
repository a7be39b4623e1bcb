internal import Mail
internal import Spool

/// Carries out a group in memory: from the facts that were read, the changes in their order become effects, and what is
/// to be written.
///
/// A value without IO. The database holds nothing of a group until all of it is decided, so the order of statements does not
/// matter, and a message that a group touches several times is written once.
struct GroupPlan {
    /// What an operator's settings say now.
    struct Rules {
        /// Writes what is kept about messages that leave; nil for nothing.
        let recorder: (any DepartureRecorder)?
        /// Makes events for webhooks; nil for none.
        let outbox: (any OutboxRecorder)?
        /// Number of the next entry of the history.
        let nextEntry: Int
        /// By the system's clock.
        let now: Timestamp
    }

    private let rules: Rules
    private var facts: GroupFacts
    private(set) var writes = GroupWrites()
    private(set) var effects: [GroupEffect] = []

    init(_ rules: Rules, _ facts: GroupFacts) {
        (self.rules, self.facts) = (rules, facts)
    }

    /// Whether what leaves is kept in the history.
    private var isRecording: Bool { rules.recorder?.isRecording ?? false }

    /// - Parameter place: makes an arrival of a notice.
    mutating func apply(_ group: [GroupChange], place: (NewMessage) -> Arrival, original: Originals) {
        for change in group { apply(change, place, original) }
    }

    /// The beginning of a message that a notice is about, for notices that nobody could foresee.
    typealias Originals = (QueueID, _ octets: Int) -> OriginalContent?

    private mutating func apply(_ change: GroupChange, _ place: (NewMessage) -> Arrival, _ original: Originals) {
        switch change {
        case .insert(let arrival): insert(arrival)
        case .part(let part):
            writes.parts.append(part)
            effects.append(.part(part))
        case .abandon(let content):
            // No part in this group is written.
            writes.parts.removeAll { $0.content == content }
            writes.abandoned.append(content)
            effects.append(.abandoned)
        case .begin(let id, let attempt, let port):
            effects.append(.began(id, port, isFound: begin(id, attempt)))
        case .outcome(.settle(let settlement, let notices), let asker): settle(settlement, notices, asker)
        case .outcome(.quarantine(let id, let reason), _): quarantine(id, reason)
        case .change(let ids, let change, let asker): apply(change, ids, asker, place, original)
        // Orders about events are carried out behind all that.
        case .events: break
        }
    }

    // MARK: - Messages that come

    private mutating func insert(_ arrival: Arrival) {
        if let resubmission = arrival.new.resubmission, let answer = answer(to: resubmission, arrival) {
            // What has been stored of it is dead.
            if arrival.placement.isStreamed, let content = arrival.placement.chunks { writes.abandoned.append(content) }
            effects.append(.notInserted(arrival, answer))
            return
        }
        writes.inserts.append(arrival)
        effects.append(.inserted(arrival))
    }

    /// Nil if it is new.
    private mutating func answer(to resubmission: Resubmission, _ arrival: Arrival) -> SpoolCompletion? {
        let (key, ticket) = (resubmission.key, arrival.asker?.ticket ?? 0)
        if let known = facts.keys[key], known.expiresAt > resubmission.submittedAt {
            guard known.envelope == resubmission.envelope ?? [] else {
                let error = SpoolError(.contradiction, "the key of the message was used for another one")
                return .refused(ticket: ticket, error)
            }
            // A 250 on account of the first one would promise what nobody can keep.
            if !isLost(known) { return .resubmitted(ticket: ticket, known.id) }
        }
        let id = arrival.new.message.id
        facts.keys[key] = StoredKey(
            id: id, envelope: resubmission.envelope ?? [], expiresAt: resubmission.expiresAt, isLost: false)
        writes.keys.removeAll { $0.resubmission.key == key }
        writes.keys.append(GroupWrites.Key(resubmission: resubmission, id: id))
        return nil
    }

    private func isLost(_ known: StoredKey) -> Bool {
        if let state = writes.updates[known.id]?.settled {
            return state.recipients.allSatisfy { $0.state == .failed || $0.state == .held }
        }
        return writes.forgotten.contains(known.id) || known.isLost
    }

    // MARK: - Attempts and outcomes

    /// - Returns: false if there is no such message.
    private mutating func begin(_ id: QueueID, _ attempt: OpenAttempt) -> Bool {
        guard facts.messages[id] != nil else { return false }
        facts.messages[id]?.message?.openAttempt = attempt
        writes.updates[id, default: GroupWrites.Update()].open = attempt
        return true
    }

    private mutating func settle(_ settlement: Settlement, _ notices: WrittenNotices, _ asker: Asker?) {
        let result = record(settlement)
        let arrivals = result.isFound ? notices.arrivals ?? [] : []
        writes.inserts += arrivals
        effects.append(
            .settled(settlement.id, asker, isFound: result.isFound, gone: result.gone, notices: arrivals))
    }

    private mutating func quarantine(_ id: QueueID, _ reason: String) {
        if let message = facts.messages[id]?.message {
            _ = record(
                Settlement(
                    id: id, recipients: message.recipients.map { $0.held(reason) }, cycles: message.cycles,
                    attempt: nil, boundUpstream: message.boundUpstream))
        }
        effects.append(.quarantined)
    }

    private mutating func apply(
        _ change: MessageChange, _ ids: [QueueID], _ asker: Asker, _ place: (NewMessage) -> Arrival,
        _ original: Originals
    ) {
        var (found, gone, notices) = ([SpooledMessage?](), [Int](), [Arrival]())
        for id in ids {
            let message = facts.messages[id]?.message
            found.append(message)
            guard let message, let settlement = change.settlement(message) else { continue }
            // Before the message goes.
            let original = settlement.notices.map(\.octets).max().flatMap { original(id, $0) }
            let result = record(settlement)
            if let octets = result.gone { gone.append(octets) }
            notices += settlement.notices.map { place($0.write(original)) }
        }
        writes.inserts += notices
        effects.append(.changed(found, asker, gone: gone, notices: notices))
    }

    /// Records a state, or has the message leave if that is its last one.
    ///
    /// - Returns: whether there is such a message, and its octets if it leaves.
    private mutating func record(_ settlement: Settlement) -> (isFound: Bool, gone: Int?) {
        let id = settlement.id
        guard let stored = facts.messages[id] else { return (false, nil) }
        tell(of: settlement, stored)
        guard settlement.isLast else {
            update(settlement)
            return (true, nil)
        }
        remove(settlement, stored)
        return (true, stored.octets)
    }

    private mutating func update(_ settlement: Settlement) {
        let id = settlement.id
        if let attempt = settlement.attempt {
            let number = facts.messages[id]?.ledger ?? 0
            writes.attempts.append((id, number, attempt))
            facts.messages[id]?.ledger = number + 1
            facts.ledgers[id, default: []].append(attempt)
        }
        let releaseAt = settlement.releaseAt ?? writes.updates[id]?.settled?.releaseAt
        writes.updates[id] = GroupWrites.Update(
            settled: GroupWrites.Update.Settled(
                recipients: settlement.recipients, cycles: settlement.cycles, ledger: facts.messages[id]?.ledger ?? 0,
                boundUpstream: settlement.boundUpstream, releaseAt: releaseAt), open: nil)
        guard var message = facts.messages[id]?.message else { return }
        message.recipients = settlement.recipients
        message.cycles = settlement.cycles
        message.boundUpstream = settlement.boundUpstream
        message.openAttempt = nil
        if let releaseAt { message.releaseAt = releaseAt }
        facts.messages[id]?.message = message
    }

    private mutating func remove(_ settlement: Settlement, _ stored: StoredMessage) {
        let id = settlement.id
        let last = isRecording ? settlement.last ?? stored.message.map(settlement.lastState) : nil
        let keepsContent = last != nil && rules.recorder?.keepsContent ?? false
        writes.removals.append(
            GroupWrites.Removal(
                id: id, chunks: stored.chunks, hasLedger: stored.ledger > 0,
                keptWith: keepsContent ? rules.nextEntry + writes.entryCount : nil, octets: stored.octets,
                checksum: stored.checksum))
        if let last {
            let departure = Departure(
                message: last.message, attempts: (facts.ledgers[id] ?? []) + last.attempts,
                dropped: settlement.dropped(from: stored.message), at: rules.now)
            rules.recorder?.encode(departure, into: &writes.entries)
            writes.entryCount += 1
        }
        if settlement.isLoss { writes.forgotten.append(id) }
        writes.updates[id] = nil
        writes.attempts.removeAll { $0.id == id }
        facts.messages[id] = nil
    }

    /// Adds the events that webhooks have asked for.
    private mutating func tell(of settlement: Settlement, _ stored: StoredMessage) {
        guard let outbox = rules.outbox, outbox.isRecording, outbox.asks(for: settlement),
            let message = stored.message, outbox.asks(about: message.user)
        else { return }
        let cause = OutboxCause(settlement, message, at: rules.now)
        writes.events += outbox.drafts(of: cause).map { (settlement.id, $0) }
    }
}
