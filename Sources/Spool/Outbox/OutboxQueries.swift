internal import Mail

/// Read queries on the outbox, with their statements; used by one thread.
final class OutboxQueries {
    private let page: SQLiteStatement
    private let sums: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        page = try connection.prepare(
            """
            SELECT number, message, at, attempts, not_before, reason, payload FROM outbox
            WHERE webhook = ? AND dead = ? AND number > ? ORDER BY number LIMIT ?
            """)
        sums = try connection.prepare(
            """
            SELECT webhook, sum(dead = 0), sum(dead), sum(length(payload)), min(CASE dead WHEN 0 THEN at END)
            FROM outbox GROUP BY webhook
            """)
    }

    func entries(
        of webhook: String, after number: Int, isDead: Bool, limit: Int
    ) throws(SpoolError) -> [OutboxEntry] {
        page.bind(1, webhook)
        page.bind(2, isDead ? 1 : 0)
        page.bind(3, number)
        page.bind(4, max(0, limit))
        var entries: [OutboxEntry] = []
        while try page.next() { entries.append(entry(webhook, isDead)) }
        return entries
    }

    private func entry(_ webhook: String, _ isDead: Bool) -> OutboxEntry {
        OutboxEntry(
            number: page.integer(0), webhook: webhook, message: QueueID(rawValue: Int64(page.integer(1))),
            at: Timestamp(milliseconds: Int64(page.integer(2))), attempts: page.integer(3),
            notBefore: Timestamp(milliseconds: Int64(page.integer(4))), isDead: isDead,
            reason: page.isNull(5) ? nil : page.text(5), payload: page.withBytes(6) { Array($0) })
    }

    func totals() throws(SpoolError) -> [OutboxTotals] {
        var totals: [OutboxTotals] = []
        while try sums.next() {
            totals.append(
                OutboxTotals(
                    webhook: sums.text(0), waiting: sums.integer(1), dead: sums.integer(2), octets: sums.integer(3),
                    oldest: sums.isNull(4) ? nil : Timestamp(milliseconds: Int64(sums.integer(4)))))
        }
        return totals
    }
}
