internal import Mail
internal import Spool

/// Questions of operators, and of the delivery at its start.
struct PostgresQueries {
    private enum Statements {
        static let page = PostgresStatement(
            "page",
            "SELECT \(MessageColumns.list) FROM message WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint")
        static let due = PostgresStatement(
            "schedule",
            """
            SELECT id, next_attempt_at, priority, flags, received_at, release_at, split_part(recipients, E'\\n', 1) || E'\\n',
                "user", notice, routing
            FROM message WHERE next_attempt_at IS NOT NULL AND id > $1::bigint ORDER BY id LIMIT $2::bigint
            """)
        static let kept = PostgresStatement(
            "kept", "SELECT id, octets, checksum, chunks FROM kept_content WHERE number = $1::bigint")
        private static let event = "number, message, at, attempts, not_before, reason, payload, retry_from"
        static let events = PostgresStatement(
            "events",
            """
            SELECT \(event) FROM outbox WHERE webhook = $1::text AND dead = $2::boolean AND number > $3::bigint
            ORDER BY number LIMIT $4::bigint
            """)
        static let eventsAbout = PostgresStatement(
            "events_about",
            """
            SELECT \(event) FROM outbox WHERE webhook = $1::text AND message = $2::bigint AND NOT dead
                AND number > $3::bigint ORDER BY number LIMIT $4::bigint
            """)
        static let oldestEvent = PostgresStatement(
            "oldest_event", "SELECT at FROM outbox WHERE webhook = $1::text ORDER BY number LIMIT 1")
    }

    /// Rows per answer.
    private static let step = 20_000

    private let session: any PostgresSession

    init(_ session: any PostgresSession) {
        self.session = session
    }

    func page(after last: QueueID?, limit: Int) throws(PostgresError) -> [MessageColumns] {
        let rows = try session.run(
            Statements.page, .integer(Int(last?.rawValue ?? -1)), .integer(max(0, limit)))
        return (0..<rows.count).map { MessageColumns(rows, $0) }
    }

    /// Those of these messages that there are, in the order of `ids`.
    func messages(_ ids: [QueueID]) throws(PostgresError) -> [MessageColumns] {
        let rows = try session.run([PostgresQuery(GroupStatements.messages, ids.map { Int($0.rawValue) })])[0]
        let found = (0..<rows.count).map { MessageColumns(rows, $0) }
        let places = Dictionary(found.map { ($0.message.id, $0) }) { first, _ in first }
        return ids.compactMap { places[$0] }
    }

    func attempts(of id: QueueID) throws(PostgresError) -> [AttemptRecord] {
        let rows = try session.run([PostgresQuery(GroupStatements.attempts, [Int(id.rawValue)])])[0]
        return (0..<rows.count).map { AttemptRecord(rows, $0) }
    }

    /// Every message with work left, by queue ID.
    func schedule() throws(PostgresError) -> [ScheduledMessage] {
        var (messages, last) = ([ScheduledMessage](), -1)
        while true {
            let rows = try session.run(Statements.due, .integer(last), .integer(Self.step))
            for row in 0..<rows.count { messages.append(ScheduledMessage(rows, row)) }
            guard rows.count == Self.step else { return messages }
            last = rows.integer(rows.count - 1, 0)
        }
    }

    /// The content kept with an entry of the history; nil if there is none.
    func keptContent(_ number: Int) throws(PostgresError) -> PostgresContentReader? {
        let rows = try session.run(Statements.kept, .integer(number))
        guard rows.count > 0 else { return nil }
        return PostgresContentReader(
            id: QueueID(rawValue: Int64(rows.integer(0, 0))), octets: rows.integer(0, 1),
            checksum: UInt64(bitPattern: Int64(rows.integer(0, 2))), chunks: rows.optionalInteger(0, 3),
            isForOperators: true, isKept: true)
    }

    // MARK: Outbox

    func events(
        of webhook: String, after number: Int, isDead: Bool, limit: Int
    ) throws(PostgresError) -> [OutboxEntry] {
        let rows = try session.run(
            Statements.events, .text(webhook), .bool(isDead), .integer(number), .integer(max(0, limit)))
        return (0..<rows.count).map { OutboxEntry(rows, $0, webhook, isDead: isDead) }
    }

    /// Those about one message that wait.
    func events(
        of webhook: String, about message: QueueID, after number: Int, limit: Int
    ) throws(PostgresError) -> [OutboxEntry] {
        let rows = try session.run(
            Statements.eventsAbout, .text(webhook), .integer(Int(message.rawValue)), .integer(number),
            .integer(max(0, limit)))
        return (0..<rows.count).map { OutboxEntry(rows, $0, webhook, isDead: false) }
    }

    func oldestEvent(of webhook: String) throws(PostgresError) -> Timestamp? {
        let rows = try session.run(Statements.oldestEvent, .text(webhook))
        return rows.count > 0 ? Timestamp(milliseconds: Int64(rows.integer(0, 0))) : nil
    }
}

extension ScheduledMessage {
    /// - Parameter row: of the schedule's statement.
    fileprivate init(_ rows: any PostgresRows, _ row: Int) {
        self.init(
            id: QueueID(rawValue: Int64(rows.integer(row, 0))),
            receivedAt: Timestamp(milliseconds: Int64(rows.integer(row, 4))),
            releaseAt: rows.optionalInteger(row, 5).map { Timestamp(milliseconds: Int64($0)) },
            dueAt: Timestamp(milliseconds: Int64(rows.integer(row, 1))),
            priority: Priority(rawValue: UInt8(truncatingIfNeeded: rows.integer(row, 2))) ?? .normal,
            flow: FlowKey(
                notice: rows.optionalText(row, 8).map { NoticeKind(rawValue: $0) ?? .failure },
                user: rows.optionalText(row, 7),
                stream: rows.isNull(row, 9) ? nil : RoutingText.streamName(of: rows.octets(row, 9)),
                recipient: RecipientText.firstAddress(of: rows.octets(row, 6))),
            inDoubt: rows.integer(row, 3) & DueState.inDoubtFlag != 0,
            isWarned: rows.integer(row, 3) & DueState.warnedFlag != 0)
    }
}

extension OutboxEntry {
    fileprivate init(_ rows: any PostgresRows, _ row: Int, _ webhook: String, isDead: Bool) {
        self.init(
            number: rows.integer(row, 0), webhook: webhook, message: QueueID(rawValue: Int64(rows.integer(row, 1))),
            at: Timestamp(milliseconds: Int64(rows.integer(row, 2))),
            retryFrom: Timestamp(milliseconds: Int64(rows.integer(row, 7))), attempts: rows.integer(row, 3),
            notBefore: Timestamp(milliseconds: Int64(rows.integer(row, 4))), isDead: isDead,
            reason: rows.optionalText(row, 5), payload: rows.bytes(row, 6))
    }
}
