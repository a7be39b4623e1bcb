internal import Mail
internal import Spool

/// One row of the table `message`.
struct MessageColumns {
    static let list = """
        id, received_at, next_attempt_at, open_at, release_at, chunks, checksum, octets, size, cycles, ledger, priority, \
        body, sender, message_id, origin, recipients, open_upstream, open_recipients, "user", options, routing, notice, \
        bound_upstream
        """

    /// Without recipients if their text is unreadable.
    var message: SpooledMessage
    /// Octets of the wire form.
    let octets: Int
    let checksum: UInt64
    /// By which name its content is in the table `chunk`; nil if it is whole in `content`.
    let chunks: Int?
    /// Entries in its ledger.
    let ledger: Int
    /// Whether a recipient waits for something other than an operator.
    let isDue: Bool

    /// Reads a row of a statement that selects ``list``.
    init(_ rows: any PostgresRows, _ row: Int) {
        octets = rows.integer(row, 7)
        checksum = UInt64(bitPattern: Int64(rows.integer(row, 6)))
        chunks = rows.optionalInteger(row, 5)
        ledger = rows.integer(row, 10)
        isDue = !rows.isNull(row, 2)
        // As with unreadable recipients: nothing is sent incompletely, for example without REQUIRETLS, or by another
        // route.
        let options = rows.isNull(row, 20) ? MessageOptions.none : MessageOptions(parameters: rows.text(row, 20))
        let routing: RoutingFacts? = rows.isNull(row, 21) ? RoutingFacts.none : RoutingText.decode(rows.octets(row, 21))
        let body = StoredBody(column: rows.integer(row, 12))
        let isReadable = options != nil && routing != nil
        message = SpooledMessage(
            id: QueueID(rawValue: Int64(rows.integer(row, 0))),
            receivedAt: Timestamp(milliseconds: Int64(rows.integer(row, 1))),
            sender: ReversePath(address: rows.optionalText(row, 13).map { Address(unchecked: $0) }),
            body: body.declared, contained: body.contained,
            priority: Priority(rawValue: UInt8(truncatingIfNeeded: rows.integer(row, 11))) ?? .normal,
            messageID: rows.text(row, 14), origin: rows.text(row, 15), user: rows.optionalText(row, 19),
            options: options ?? .none, routing: routing ?? .none, size: rows.integer(row, 8),
            recipients: isReadable ? RecipientText.decode(rows.octets(row, 16)) ?? [] : [],
            cycles: rows.integer(row, 9), openAttempt: Self.openAttempt(rows, row))
        message.releaseAt = rows.optionalInteger(row, 4).map { Timestamp(milliseconds: Int64($0)) }
        message.notice = rows.optionalText(row, 22).map { NoticeKind(rawValue: $0) ?? .failure }
        message.boundUpstream = rows.optionalText(row, 23)
    }

    private static func openAttempt(_ rows: any PostgresRows, _ row: Int) -> OpenAttempt? {
        guard let began = rows.optionalInteger(row, 3) else { return nil }
        return OpenAttempt(
            upstream: rows.optionalText(row, 17) ?? "", startedAt: Timestamp(milliseconds: Int64(began)),
            recipients: RecipientText.decode(indexes: rows.optionalText(row, 18) ?? ""))
    }
}

extension AttemptRecord {
    static let columns = "message, upstream, started_at, ended_at, recipients, outcome, phase, reply, tls, dot_sent"

    /// Reads a row of a statement that selects ``columns``.
    init(_ rows: any PostgresRows, _ row: Int) {
        self.init(
            upstream: rows.text(row, 1), startedAt: Timestamp(milliseconds: Int64(rows.integer(row, 2))),
            endedAt: Timestamp(milliseconds: Int64(rows.integer(row, 3))),
            recipients: RecipientText.decode(indexes: rows.text(row, 4)),
            outcome: AttemptRecord.Outcome(rawValue: rows.text(row, 5)) ?? .deferred, phase: rows.text(row, 6),
            reply: rows.text(row, 7), tls: rows.optionalText(row, 8),
            dotSent: rows.optionalInteger(row, 9).map { $0 != 0 })
    }
}
