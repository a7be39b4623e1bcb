internal import Mail
internal import Spool

/// The table `outbox`: events for webhooks, written in the commit of the outcome that they are about. Used by the writer.
final class OutboxBook {
    private enum Statements {
        private static let returning = "RETURNING webhook, length(payload)::bigint, dead"
        static let sums = PostgresStatement(
            "outbox_sums",
            """
            SELECT webhook, count(*) FILTER (WHERE NOT dead), count(*) FILTER (WHERE dead),
                coalesce(sum(length(payload)), 0)::bigint
            FROM outbox GROUP BY webhook
            """)
        static let deleteOldest = PostgresStatement(
            "outbox_delete_oldest",
            """
            DELETE FROM outbox WHERE number IN
                (SELECT number FROM outbox WHERE webhook = $1::text ORDER BY number LIMIT $2::bigint) \(returning)
            """)
        static let deleteOlder = PostgresStatement(
            "outbox_delete_older",
            """
            DELETE FROM outbox WHERE number IN
                (SELECT number FROM outbox WHERE webhook = $1::text ORDER BY number LIMIT $3::bigint)
                AND at < $2::bigint \(returning)
            """)
        static let delete = PostgresStatement(
            "outbox_delete",
            "DELETE FROM outbox WHERE number = ANY($1::bigint[]) AND ($2::text IS NULL OR webhook = $2::text) \(returning)"
        )
        static let change = PostgresStatement(
            "outbox_change",
            """
            UPDATE outbox SET attempts = $2::bigint, not_before = $3::bigint, dead = $4::boolean, reason = $5::text,
                retry_from = coalesce($8::bigint, retry_from)
            WHERE number = ANY($1::bigint[]) AND dead = $6::boolean AND ($7::text IS NULL OR webhook = $7::text)
            RETURNING webhook
            """)
        static let numbersOfDead = PostgresStatement(
            "outbox_dead",
            """
            SELECT number FROM outbox WHERE webhook = $1::text AND dead AND number > $2::bigint
            ORDER BY number LIMIT $3::bigint
            """)
        static let numbersOfAll = PostgresStatement(
            "outbox_all",
            "SELECT number FROM outbox WHERE webhook = $1::text AND number > $2::bigint ORDER BY number LIMIT $3::bigint"
        )
    }

    private let recorder: any OutboxRecorder
    private let steady: @Sendable () -> Timestamp
    /// Events that one commit removes or changes at most; the rest follows in commits of its own.
    private let step: Int
    private var tally = OutboxTally()
    /// Webhooks that may have more events than their limits allow.
    private var overfull: Set<String> = []
    /// Events that this transaction has removed for lack of room.
    private var trimmed = 0

    init(_ recorder: any OutboxRecorder, steady: @escaping @Sendable () -> Timestamp, step: Int) {
        (self.recorder, self.steady, self.step) = (recorder, steady, step)
    }

    /// Reads what there is, on a new connection.
    func load(_ session: any PostgresSession) throws(PostgresError) {
        let rows = try session.run(Statements.sums)
        var sums: [String: OutboxSum] = [:]
        for row in 0..<rows.count {
            sums[rows.text(row, 0)] = OutboxSum(
                waiting: rows.integer(row, 1), dead: rows.integer(row, 2), octets: rows.integer(row, 3))
        }
        tally.load(sums)
        recorder.holds(sums)
    }

    // MARK: - Outcomes

    /// These events come with this transaction.
    func note(_ drafts: [OutboxDraft]) {
        for draft in drafts {
            tally.add(to: draft.webhook, octets: draft.payload.count)
            overfull.insert(draft.webhook)
        }
    }

    /// Whether a webhook has more than its limits allow.
    var isOverfull: Bool { overfull.contains { excess(of: $0) > 0 } }

    private func excess(of webhook: String) -> Int {
        guard let limits = recorder.limits(of: webhook), let sum = tally.sums[webhook] else { return 0 }
        let octets = sum.octets > limits.octets ? sum.events * (sum.octets - limits.octets) / max(1, sum.octets) + 1 : 0
        return max(sum.events - limits.events, octets)
    }

    /// What exceeds the limits goes, the oldest first, until this transaction has removed enough.
    func trim(_ session: any PostgresSession) throws(PostgresError) {
        for webhook in overfull {
            while trimmed < step {
                let excess = min(excess(of: webhook), step - trimmed)
                guard excess > 0 else { break }
                let rows = try session.run(Statements.deleteOldest, .text(webhook), .integer(excess))
                let count = noteRemoved(rows)
                guard count > 0 else { break }
                tally.discard(count, of: webhook)
                trimmed += count
            }
            if excess(of: webhook) == 0 { overfull.remove(webhook) }
        }
    }

    // MARK: - Changes

    /// Carries out an order within this transaction, or a part of it.
    ///
    /// - Returns: what is left for later transactions; nil for nothing.
    func apply(_ order: EventOrder, _ session: any PostgresSession) throws(PostgresError) -> EventOrder {
        var rest = order
        rest.updates = []
        for update in order.updates {
            let part = try apply(update, session)
            rest.count += part.count
            if let left = part.rest { rest.updates.append(left) }
        }
        return rest
    }

    private func apply(
        _ update: OutboxUpdate, _ session: any PostgresSession
    ) throws(PostgresError) -> (count: Int, rest: OutboxUpdate?) {
        switch update {
        case .remove(let numbers): return (try remove(numbers, of: nil, session), nil)
        case .postpone(let number, let attempts, let until, let reason):
            let change = Change(attempts: attempts, until: until, reason: reason)
            return (try set([number], change, session), nil)
        case .bury(let number, let attempts, let reason):
            let change = Change(attempts: attempts, reason: reason, isDead: true)
            return (try set([number], change, session), nil)
        case .expire(let webhook, let before, let limit):
            let rows = try session.run(
                Statements.deleteOlder, .text(webhook), .integer(Int(before.milliseconds)), .integer(limit))
            let count = noteRemoved(rows)
            tally.discard(count, of: webhook)
            return (count, nil)
        case .revive(let selection):
            let (numbers, rest) = try part(selection, session)
            let change = Change(wasDead: true, webhook: selection.webhook, retryFrom: steady())
            return (try set(numbers, change, session), rest.map(OutboxUpdate.revive))
        case .drop(let selection):
            let (numbers, rest) = try part(selection, session)
            return (try remove(numbers, of: selection.webhook, session), rest.map(OutboxUpdate.drop))
        }
    }

    /// The first events of a selection, and the others.
    private func part(
        _ selection: OutboxSelection, _ session: any PostgresSession
    ) throws(PostgresError) -> ([Int], OutboxSelection?) {
        let numbers = if let numbers = selection.numbers { numbers } else { try every(of: selection, session) }
        return (Array(numbers.prefix(step)), selection.rest(of: numbers, step: step))
    }

    /// One more than a part, if there are more.
    private func every(of selection: OutboxSelection, _ session: any PostgresSession) throws(PostgresError) -> [Int] {
        let statement = selection.hasWaiting ? Statements.numbersOfAll : Statements.numbersOfDead
        let rows = try session.run(
            statement, .text(selection.webhook), .integer(selection.after), .integer(step + 1))
        return (0..<rows.count).map { rows.integer($0, 0) }
    }

    private func remove(
        _ numbers: [Int], of webhook: String?, _ session: any PostgresSession
    ) throws(PostgresError) -> Int {
        noteRemoved(try session.run(Statements.delete, .array(PostgresArray(numbers)), PostgresValue(webhook)))
    }

    /// A new state of events.
    private struct Change {
        var attempts = 0
        var until = Timestamp.distantPast
        var reason: String?
        /// Only events that are, or are not, dead.
        var wasDead = false
        var isDead = false
        /// Only those of this one; nil for any.
        var webhook: String?
        /// Since when they are tried; nil for as before.
        var retryFrom: Timestamp?
    }

    private func set(
        _ numbers: [Int], _ change: Change, _ session: any PostgresSession
    ) throws(PostgresError) -> Int {
        let until = change.until == .distantPast ? 0 : Int(change.until.milliseconds)
        let rows = try session.run(
            Statements.change, .array(PostgresArray(numbers)), .integer(change.attempts), .integer(until),
            .bool(change.isDead), PostgresValue(change.reason), .bool(change.wasDead), PostgresValue(change.webhook),
            PostgresValue(change.retryFrom.map { Int($0.milliseconds) }))
        guard change.isDead != change.wasDead else { return rows.count }
        for row in 0..<rows.count { tally.move(in: rows.text(row, 0), isDead: change.isDead) }
        return rows.count
    }

    private func noteRemoved(_ rows: any PostgresRows) -> Int {
        for row in 0..<rows.count {
            tally.remove(
                from: rows.text(row, 0), octets: rows.integer(row, 1), isDead: rows.integer(row, 2) != 0)
        }
        return rows.count
    }

    // MARK: - Transactions

    /// The transaction is over: tells what has become of it.
    func ended(isCommitted: Bool) {
        tally.ended(isCommitted: isCommitted, recorder)
        trimmed = 0
    }
}
