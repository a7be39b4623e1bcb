internal import Mail

/// Read queries on the outbox, with their statements; used by one thread.
final class OutboxQueries {
    private let page: SQLiteStatement
    private let pageOfMessage: SQLiteStatement
    private let oldest: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        let columns = "number, message, at, attempts, not_before, reason, payload, retry_from"
        page = try connection.prepare(
            "SELECT \(columns) FROM outbox WHERE webhook = ? AND dead = ? AND number > ? ORDER BY number LIMIT ?")
        pageOfMessage = try connection.prepare(
            """
            SELECT \(columns) FROM outbox INDEXED BY outbox_message
            WHERE message = ? AND webhook = ? AND number > ? AND dead = 0 ORDER BY number LIMIT ?
            """)
        oldest = try connection.prepare("SELECT at FROM outbox WHERE webhook = ? ORDER BY number LIMIT 1")
    }

    func entries(
        of webhook: String, after number: Int, isDead: Bool, limit: Int
    ) throws(SpoolError) -> [OutboxEntry] {
        page.bind(1, webhook)
        page.bind(2, isDead ? 1 : 0)
        page.bind(3, number)
        page.bind(4, max(0, limit))
        var entries: [OutboxEntry] = []
        while try page.next() { entries.append(entry(page, webhook, isDead)) }
        return entries
    }

    /// Those about one message that wait.
    func entries(
        of webhook: String, about message: QueueID, after number: Int, limit: Int
    ) throws(SpoolError) -> [OutboxEntry] {
        pageOfMessage.bind(1, Int(message.rawValue))
        pageOfMessage.bind(2, webhook)
        pageOfMessage.bind(3, number)
        pageOfMessage.bind(4, max(0, limit))
        var entries: [OutboxEntry] = []
        while try pageOfMessage.next() { entries.append(entry(pageOfMessage, webhook, false)) }
        return entries
    }

    private func entry(_ page: SQLiteStatement, _ webhook: String, _ isDead: Bool) -> OutboxEntry {
        OutboxEntry(
            number: page.integer(0), webhook: webhook, message: QueueID(rawValue: Int64(page.integer(1))),
            at: Timestamp(milliseconds: Int64(page.integer(2))),
            retryFrom: Timestamp(milliseconds: Int64(page.integer(7))), attempts: page.integer(3),
            notBefore: Timestamp(milliseconds: Int64(page.integer(4))), isDead: isDead,
            reason: page.isNull(5) ? nil : page.text(5), payload: page.withBytes(6) { Array($0) })
    }

    /// When the oldest event of a webhook was recorded, by the steady clock; nil for none.
    func oldest(of webhook: String) throws(SpoolError) -> Timestamp? {
        oldest.bind(1, webhook)
        guard try oldest.next() else { return nil }
        defer { oldest.reset() }
        return Timestamp(milliseconds: Int64(oldest.integer(0)))
    }
}
