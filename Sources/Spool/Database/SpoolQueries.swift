internal import Mail

/// Read queries on the tables, with their statements; used by one thread.
final class SpoolQueries {
    let connection: SQLiteConnection
    private let one: SQLiteStatement
    private let page: SQLiteStatement
    private let due: SQLiteStatement
    private let ledger: SQLiteStatement
    private let inSegments: SQLiteStatement
    private let kept: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SpoolError) {
        self.connection = connection
        let columns = StoredRow.columns
        one = try connection.prepare("SELECT \(columns) FROM message WHERE id = ?")
        page = try connection.prepare("SELECT \(columns) FROM message WHERE id > ? ORDER BY id LIMIT ?")
        due = try connection.prepare(
            """
            SELECT id, next_attempt_at, priority, flags, received_at, release_at, recipients, user, notice, routing
            FROM message WHERE next_attempt_at IS NOT NULL ORDER BY id
            """)
        ledger = try connection.prepare(
            """
            SELECT upstream, started_at, ended_at, recipients, outcome, phase, reply, tls, dot_sent FROM attempt
            WHERE message = ? ORDER BY number
            """)
        inSegments = try connection.prepare(
            """
            SELECT id, extents FROM message WHERE extents IS NOT NULL
            UNION ALL SELECT id, extents FROM kept_content WHERE extents IS NOT NULL
            """)
        kept = try connection.prepare("SELECT id, octets, checksum, extents FROM kept_content WHERE number = ?")
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

    /// Shows up to `limit` messages to `look`, by queue ID, starting after `last`.
    ///
    /// - Parameter adjust: the message as it should be shown; called for those with an open attempt.
    /// - Returns: the last message looked at; nil at the end.
    func scan(
        after last: QueueID?, limit: Int, adjust: (SpooledMessage) -> SpooledMessage = { $0 },
        _ look: (MessageGlance) -> Void
    ) throws(SpoolError) -> QueueID? {
        page.bind(1, Int(last?.rawValue ?? -1))
        page.bind(2, max(0, limit))
        var end: QueueID?
        while try page.next() {
            end = QueueID(rawValue: Int64(page.integer(0)))
            show(page, adjust, look)
        }
        return end
    }

    /// Shows those of these messages that there are to `look`, in the order of `ids`.
    ///
    /// - Parameter adjust: as above.
    func scan(
        _ ids: [QueueID], adjust: (SpooledMessage) -> SpooledMessage = { $0 }, _ look: (MessageGlance) -> Void
    ) throws(SpoolError) {
        // Locks are taken once, not for each row.
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        for id in ids {
            one.bind(1, Int(id.rawValue))
            if try one.next() { show(one, adjust, look) }
            one.reset()
        }
    }

    private func show(
        _ row: SQLiteStatement, _ adjust: (SpooledMessage) -> SpooledMessage, _ look: (MessageGlance) -> Void
    ) {
        if row.isNull(3) {
            look(MessageGlance(row))
        } else {
            MessageGlance.with(adjust(StoredRow(row).message), look)
        }
    }

    func schedule() throws(SpoolError) -> [ScheduledMessage] {
        var messages: [ScheduledMessage] = []
        while try due.next() {
            messages.append(
                ScheduledMessage(
                    id: QueueID(rawValue: Int64(due.integer(0))),
                    receivedAt: Timestamp(milliseconds: Int64(due.integer(4))),
                    releaseAt: due.isNull(5) ? nil : Timestamp(milliseconds: Int64(due.integer(5))),
                    dueAt: Timestamp(milliseconds: Int64(due.integer(1))),
                    priority: Priority(rawValue: UInt8(truncatingIfNeeded: due.integer(2))) ?? .normal,
                    flow: FlowKey(
                        notice: due.isNull(8) ? nil : NoticeKind(rawValue: due.text(8)) ?? .failure,
                        user: due.isNull(7) ? nil : due.text(7),
                        stream: due.isNull(9) ? nil : due.withBytes(9) { RoutingText.streamName(of: $0) },
                        recipient: due.withBytes(6) { RecipientText.firstAddress(of: $0) }),
                    inDoubt: due.integer(3) & DueState.inDoubtFlag != 0,
                    isWarned: due.integer(3) & DueState.warnedFlag != 0))
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

    /// The content kept with an entry of the history; nil if there is none.
    func keptContent(_ number: Int) throws(SpoolError) -> KeptContent? {
        kept.bind(1, number)
        guard try kept.next() else { return nil }
        defer { kept.reset() }
        return KeptContent(kept)
    }

    /// Calls `body` with every message, queued or kept, whose content is in segments.
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
            last = try scan(after: last, limit: 1000, adjust: adjust) { statistics.add($0) }
        } while last != nil
        return statistics
    }
}

extension SpoolStatistics {
    /// Messages must come in the order of their IDs, which increase with every message.
    package mutating func add(_ message: MessageGlance) {
        messages += 1
        octets += message.size
        oldestReceivedAt = min(oldestReceivedAt ?? message.receivedAt, message.receivedAt)
        var isWaiting = false
        message.forEachRecipient { recipient in
            recipients += 1
            byState[recipient.state, default: 0] += 1
            if message.isNotice, recipient.state == Recipient.State.inDoubt.rawValue { noticesInDoubt += 1 }
            isWaiting = isWaiting || recipient.isWaiting
            return true
        }
        guard isWaiting else { return }
        firstWaiting = firstWaiting ?? Arrival(id: message.id, receivedAt: message.receivedAt)
        oldestWaitingReceivedAt = min(oldestWaitingReceivedAt ?? message.receivedAt, message.receivedAt)
    }
}
