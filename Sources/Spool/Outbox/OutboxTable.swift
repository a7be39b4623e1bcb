internal import Mail

/// The table `outbox`: events for webhooks, written in the commit of the outcome that they are about.
final class OutboxTable {
    /// Events that one commit, which may be one of mail, removes or changes for its webhooks at most; the rest follows in
    /// commits of its own.
    static let step = 100

    private let recorder: any OutboxRecorder
    private let steady: @Sendable () -> Timestamp
    private let owner: SQLiteStatement
    private let insert: SQLiteStatement
    private let deleteOldest: SQLiteStatement
    private let deleteOlder: SQLiteStatement
    private let delete: SQLiteStatement
    private let change: SQLiteStatement
    private let numbersOfDead: SQLiteStatement
    private let numbersOfAll: SQLiteStatement
    private var tally = OutboxTally()
    /// Webhooks that may have more events than their limits allow.
    private var overfull: Set<String> = []
    /// Events that this transaction has removed for lack of room.
    private var trimmed = 0
    /// Whether nothing is recorded, because outcomes need the room.
    var isSuspended = false

    init(
        _ connection: SQLiteConnection, _ recorder: any OutboxRecorder, steady: @escaping @Sendable () -> Timestamp
    ) throws(SpoolError) {
        self.recorder = recorder
        self.steady = steady
        owner = try connection.prepare("SELECT user FROM message WHERE id = ?")
        insert = try connection.prepare(
            "INSERT INTO outbox (webhook, message, at, retry_from, payload) VALUES (?1, ?2, ?3, ?3, ?4)")
        let returning = "RETURNING webhook, length(payload), dead"
        deleteOldest = try connection.prepare(
            "DELETE FROM outbox WHERE number = (SELECT min(number) FROM outbox WHERE webhook = ?) \(returning)")
        deleteOlder = try connection.prepare(
            "DELETE FROM outbox WHERE number = (SELECT min(number) FROM outbox WHERE webhook = ?) AND at < ? \(returning)"
        )
        delete = try connection.prepare(
            "DELETE FROM outbox WHERE number = ?1 AND (?2 IS NULL OR webhook = ?2) \(returning)")
        change = try connection.prepare(
            """
            UPDATE outbox SET attempts = ?2, not_before = ?3, dead = ?4, reason = ?5,
                retry_from = coalesce(?8, retry_from)
            WHERE number = ?1 AND dead = ?6 AND (?7 IS NULL OR webhook = ?7) RETURNING webhook
            """)
        numbersOfDead = try connection.prepare(
            "SELECT number FROM outbox WHERE webhook = ? AND dead = 1 AND number > ? ORDER BY number LIMIT ?")
        numbersOfAll = try connection.prepare(
            "SELECT number FROM outbox WHERE webhook = ? AND number > ? ORDER BY number LIMIT ?")
        let all = try connection.prepare(
            "SELECT webhook, sum(dead = 0), sum(dead), sum(length(payload)) FROM outbox GROUP BY webhook")
        var sums: [String: OutboxSum] = [:]
        while try all.next() {
            sums[all.text(0)] = OutboxSum(waiting: all.integer(1), dead: all.integer(2), octets: all.integer(3))
        }
        tally.load(sums)
        recorder.holds(sums)
    }

    // MARK: - Outcomes

    /// Whether this outcome may have to be told to anybody.
    func asks(about settlement: Settlement) throws(SpoolError) -> Bool {
        guard recorder.isRecording, recorder.asks(for: settlement) else { return false }
        owner.bind(1, Int(settlement.id.rawValue))
        guard try owner.next() else { return false }
        defer { owner.reset() }
        return recorder.asks(about: owner.isNull(0) ? nil : owner.text(0))
    }

    /// Adds the events of an outcome to this transaction.
    func add(_ cause: OutboxCause) throws(SpoolError) {
        let drafts = recorder.drafts(of: cause)
        guard !isSuspended else {
            for draft in drafts { tally.discard(1, of: draft.webhook) }
            return
        }
        for draft in drafts { try add(draft, about: cause.message.id) }
        overfull.formUnion(drafts.map(\.webhook))
        try trim()
    }

    private func add(_ draft: OutboxDraft, about id: QueueID) throws(SpoolError) {
        insert.bind(1, draft.webhook)
        insert.bind(2, Int(id.rawValue))
        insert.bind(3, Int(steady().milliseconds))
        let result: Result<Void, SpoolError> = draft.payload.withUnsafeBytes { payload in
            insert.bind(4, borrowed: payload)
            return insert.attempt()
        }
        insert.clear()
        try result.get()
        tally.add(to: draft.webhook, octets: draft.payload.count)
    }

    /// Whether ``trim()`` has left something for later transactions.
    var isOverfull: Bool { !overfull.isEmpty }

    /// What exceeds the limits goes, the oldest first, until this transaction has removed enough.
    func trim() throws(SpoolError) {
        for webhook in overfull {
            if try trim(webhook) { overfull.remove(webhook) }
        }
    }

    /// - Returns: whether nothing exceeds the limits any more.
    private func trim(_ webhook: String) throws(SpoolError) -> Bool {
        guard let limits = recorder.limits(of: webhook) else { return true }
        while let sum = tally.sums[webhook], sum.events > limits.events || sum.octets > limits.octets {
            guard trimmed < Self.step else { return false }
            deleteOldest.bind(1, webhook)
            guard try remove(deleteOldest) > 0 else { return true }
            tally.discard(1, of: webhook)
            trimmed += 1
        }
        return true
    }

    // MARK: - Changes

    /// Carries out a change within this transaction, or a part of it.
    ///
    /// - Returns: the number of events concerned, and what is left for later transactions.
    func apply(_ update: OutboxUpdate) throws(SpoolError) -> (count: Int, rest: OutboxUpdate?) {
        switch update {
        case .remove(let numbers): return (try remove(numbers, of: nil), nil)
        case .postpone(let number, let attempts, let until, let reason):
            return (try set(number, attempts, until, reason, from: false, to: false), nil)
        case .bury(let number, let attempts, let reason):
            return (try set(number, attempts, .distantPast, reason, from: false, to: true), nil)
        case .expire(let webhook, let before, let limit): return (try expire(webhook, before, limit), nil)
        case .revive(let selection):
            let (numbers, rest) = try part(selection)
            return (try revive(numbers, of: selection.webhook), rest.map(OutboxUpdate.revive))
        case .drop(let selection):
            let (numbers, rest) = try part(selection)
            return (try remove(numbers, of: selection.webhook), rest.map(OutboxUpdate.drop))
        }
    }

    /// The first events of a selection, and the others.
    private func part(_ selection: OutboxSelection) throws(SpoolError) -> ([Int], OutboxSelection?) {
        let numbers = if let numbers = selection.numbers { numbers } else { try every(of: selection) }
        return (Array(numbers.prefix(Self.step)), selection.rest(of: numbers, step: Self.step))
    }

    /// One more than a part, if there are more.
    private func every(of selection: OutboxSelection) throws(SpoolError) -> [Int] {
        let statement = selection.hasWaiting ? numbersOfAll : numbersOfDead
        statement.bind(1, selection.webhook)
        statement.bind(2, selection.after)
        statement.bind(3, Self.step + 1)
        var found: [Int] = []
        while try statement.next() { found.append(statement.integer(0)) }
        return found
    }

    private func remove(_ numbers: [Int], of webhook: String?) throws(SpoolError) -> Int {
        var count = 0
        for number in numbers {
            delete.bind(1, number)
            delete.bind(2, webhook)
            count += try remove(delete)
        }
        return count
    }

    private func revive(_ numbers: [Int], of webhook: String) throws(SpoolError) -> Int {
        var count = 0
        for number in numbers {
            count += try set(
                number, 0, .distantPast, nil, from: true, to: false, of: webhook, retryFrom: steady())
        }
        return count
    }

    /// Changes an event that is dead or not as `before` says.
    ///
    /// - Parameters:
    ///   - webhook: nil for any.
    ///   - start: since when it is tried; nil for as before.
    private func set(
        _ number: Int, _ attempts: Int, _ until: Timestamp, _ reason: String?, from before: Bool, to after: Bool,
        of webhook: String? = nil, retryFrom start: Timestamp? = nil
    ) throws(SpoolError) -> Int {
        change.bind(1, number)
        change.bind(2, attempts)
        change.bind(3, until == .distantPast ? 0 : Int(until.milliseconds))
        change.bind(4, after ? 1 : 0)
        change.bind(5, reason)
        change.bind(6, before ? 1 : 0)
        change.bind(7, webhook)
        change.bind(8, start.map { Int($0.milliseconds) })
        var count = 0
        while try change.next() {
            if before != after { tally.move(in: change.text(0), isDead: after) }
            count += 1
        }
        return count
    }

    private func expire(_ webhook: String, _ before: Timestamp, _ limit: Int) throws(SpoolError) -> Int {
        var count = 0
        while count < limit {
            deleteOlder.bind(1, webhook)
            deleteOlder.bind(2, Int(before.milliseconds))
            guard try remove(deleteOlder) > 0 else { break }
            count += 1
        }
        tally.discard(count, of: webhook)
        return count
    }

    private func remove(_ statement: SQLiteStatement) throws(SpoolError) -> Int {
        var count = 0
        while try statement.next() {
            tally.remove(
                from: statement.text(0), octets: statement.integer(1), isDead: statement.integer(2) != 0)
            count += 1
        }
        return count
    }

    // MARK: - Transactions

    /// The transaction is over: tells what has become of it.
    func ended(isCommitted: Bool) {
        tally.ended(isCommitted: isCommitted, recorder)
        trimmed = 0
    }
}
