internal import Mail

/// One row of the table `message`.
struct StoredRow {
    static let columns = """
        id, received_at, next_attempt_at, open_at, priority, octets, size, body, checksum, cycles, sender, message_id, \
        origin, recipients, open_upstream, open_recipients, extents, user, options, routing, release_at, notice, \
        bound_upstream
        """

    /// Without recipients if their text is unreadable.
    var message: SpooledMessage
    /// Octets of the wire form.
    let octets: Int
    let checksum: UInt64
    /// Location of the content; nil if it is in the table `content`.
    let extents: [Extent]?
    /// Whether a recipient waits for something other than an operator.
    let isDue: Bool

    /// Reads the current row of a statement that selects ``columns``.
    init(_ row: SQLiteStatement) {
        octets = row.integer(5)
        checksum = UInt64(bitPattern: Int64(row.integer(8)))
        isDue = !row.isNull(2)
        extents = row.isNull(16) ? nil : row.withBytes(16) { [Extent](encoded: $0) ?? [] }
        // As with unreadable recipients: nothing is sent incompletely, for example without REQUIRETLS, or by another
        // route.
        let options = row.isNull(18) ? MessageOptions.none : MessageOptions(parameters: row.text(18))
        let routing: RoutingFacts? = row.isNull(19) ? RoutingFacts.none : row.withBytes(19) { RoutingText.decode($0) }
        let body = StoredBody(column: row.integer(7))
        let isReadable = options != nil && routing != nil
        message = SpooledMessage(
            id: QueueID(rawValue: Int64(row.integer(0))),
            receivedAt: Timestamp(milliseconds: Int64(row.integer(1))),
            sender: ReversePath(address: row.isNull(10) ? nil : Address(unchecked: row.text(10))),
            body: body.declared, contained: body.contained,
            priority: Priority(rawValue: UInt8(truncatingIfNeeded: row.integer(4))) ?? .normal,
            messageID: row.text(11), origin: row.text(12), user: row.isNull(17) ? nil : row.text(17),
            options: options ?? .none, routing: routing ?? .none, size: row.integer(6),
            recipients: isReadable ? row.withBytes(13) { RecipientText.decode($0) ?? [] } : [],
            cycles: row.integer(9), openAttempt: Self.openAttempt(row))
        message.releaseAt = row.isNull(20) ? nil : Timestamp(milliseconds: Int64(row.integer(20)))
        message.notice = row.isNull(21) ? nil : NoticeKind(rawValue: row.text(21)) ?? .failure
        message.boundUpstream = row.isNull(22) ? nil : row.text(22)
    }

    private static func openAttempt(_ row: SQLiteStatement) -> OpenAttempt? {
        guard !row.isNull(3) else { return nil }
        return OpenAttempt(
            upstream: row.text(14), startedAt: Timestamp(milliseconds: Int64(row.integer(3))),
            recipients: RecipientText.decode(indexes: row.text(15)))
    }
}
