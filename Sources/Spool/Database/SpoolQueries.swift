internal import Mail

/// Read queries on the tables, with their statements; used by one thread.
final class SpoolQueries {
    let connection: SQLiteConnection
    private let one: SQLiteStatement
    private let page: SQLiteStatement
    private let due: SQLiteStatement
    private let ledger: SQLiteStatement
    private let inSegments: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        let columns = StoredRow.columns
        one = try connection.prepare("SELECT \(columns) FROM message WHERE id = ?")
        page = try connection.prepare("SELECT \(columns) FROM message WHERE id > ? ORDER BY id LIMIT ?")
        due = try connection.prepare(
            "SELECT id, next_attempt_at, priority, flags FROM message WHERE next_attempt_at IS NOT NULL ORDER BY id")
        ledger = try connection.prepare(
            """
            SELECT upstream, started_at, ended_at, recipients, outcome, phase, reply, tls, dot_sent FROM attempt
            WHERE message = ? ORDER BY number
            """)
        inSegments = try connection.prepare("SELECT id, extents FROM message WHERE extents IS NOT NULL")
    }

    func row(_ id: QueueID) throws(SpoolError) -> StoredRow? {
        one.bind(1, Int(id.rawValue))
        guard try one.next() else { return nil }
        defer { one.reset() }
        return StoredRow(one)
    }

    func rows(after last: QueueID?, limit: Int) throws(SpoolError) -> [StoredRow] {
        page.bind(1, Int(last?.rawValue ?? -1))
        page.bind(2, max(0, limit))
        var rows: [StoredRow] = []
        while try page.next() { rows.append(StoredRow(page)) }
        return rows
    }

    func schedule() throws(SpoolError) -> [ScheduledMessage] {
        var messages: [ScheduledMessage] = []
        while try due.next() {
            messages.append(
                ScheduledMessage(
                    id: QueueID(rawValue: Int64(due.integer(0))),
                    dueAt: Timestamp(milliseconds: Int64(due.integer(1))),
                    priority: Priority(rawValue: UInt8(truncatingIfNeeded: due.integer(2))) ?? .normal,
                    inDoubt: due.integer(3) & DueState.inDoubtFlag != 0))
        }
        return messages
    }

    func attempts(of id: QueueID) throws(SpoolError) -> [AttemptRecord] {
        ledger.bind(1, Int(id.rawValue))
        var records: [AttemptRecord] = []
        while try ledger.next() {
            records.append(
                AttemptRecord(
                    upstream: ledger.text(0), startedAt: Timestamp(milliseconds: Int64(ledger.integer(1))),
                    endedAt: Timestamp(milliseconds: Int64(ledger.integer(2))),
                    recipients: RecipientText.decode(indexes: ledger.text(3)),
                    outcome: AttemptRecord.Outcome(rawValue: ledger.text(4)) ?? .deferred,
                    phase: ledger.text(5), reply: ledger.text(6), tls: ledger.isNull(7) ? nil : ledger.text(7),
                    dotSent: ledger.isNull(8) ? nil : ledger.integer(8) != 0))
        }
        return records
    }

    /// Calls `body` with every message whose content is in segments.
    func forEachInSegments(_ body: (Int, [Extent]) -> Void) throws(SpoolError) {
        while try inSegments.next() {
            body(inSegments.integer(0), inSegments.withBytes(1) { [Extent](encoded: $0) ?? [] })
        }
    }

    /// - Parameter adjust: the message as it should be shown.
    func statistics(_ adjust: (SpooledMessage) -> SpooledMessage = { $0 }) throws(SpoolError) -> SpoolStatistics {
        var statistics = SpoolStatistics()
        var last: QueueID?
        repeat {
            let rows = try rows(after: last, limit: 1000)
            for row in rows { statistics.add(adjust(row.message)) }
            last = rows.last?.message.id
        } while last != nil
        return statistics
    }
}

extension SpoolStatistics {
    fileprivate mutating func add(_ message: SpooledMessage) {
        messages += 1
        recipients += message.recipients.count
        octets += message.size
        oldestReceivedAt = min(oldestReceivedAt ?? message.receivedAt, message.receivedAt)
        let running = Set(message.openAttempt?.recipients ?? [])
        for (index, recipient) in message.recipients.enumerated() {
            let isDelivering = running.contains(index) && !recipient.isFinal
            byState[isDelivering ? "delivering" : recipient.state.rawValue, default: 0] += 1
        }
    }
}
