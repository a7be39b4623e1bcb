internal import Mail
internal import Spool

/// What is known of a message in the database while a group is carried out.
struct StoredMessage {
    /// Whole; nil if the group needs no more than the rest.
    var message: SpooledMessage?
    let octets: Int
    let checksum: UInt64
    let chunks: Int?
    /// Entries in its ledger.
    var ledger: Int

    init(_ columns: MessageColumns) {
        message = columns.message
        octets = columns.octets
        checksum = columns.checksum
        chunks = columns.chunks
        ledger = columns.ledger
    }

    /// - Parameter row: of ``GroupStatements/outlines``.
    init(outline rows: any PostgresRows, _ row: Int) {
        octets = rows.integer(row, 1)
        ledger = rows.integer(row, 2)
        chunks = rows.optionalInteger(row, 3)
        checksum = UInt64(bitPattern: Int64(rows.integer(row, 4)))
    }
}

/// A key of a message that may come again, as it is in the database.
struct StoredKey {
    let id: QueueID
    let envelope: [UInt8]
    let expiresAt: Timestamp
    /// Whether its message is there, but none of its recipients has it or will get it.
    let isLost: Bool

    init(id: QueueID, envelope: [UInt8], expiresAt: Timestamp, isLost: Bool) {
        (self.id, self.envelope, self.expiresAt, self.isLost) = (id, envelope, expiresAt, isLost)
    }

    /// - Parameter row: of ``GroupStatements/keys``.
    init(_ rows: any PostgresRows, _ row: Int) {
        let recipients = rows.isNull(row, 4) ? nil : RecipientText.decode(rows.octets(row, 4)) ?? []
        self.init(
            id: QueueID(rawValue: Int64(rows.integer(row, 1))),
            envelope: rows.isNull(row, 2) ? [] : rows.bytes(row, 2),
            expiresAt: Timestamp(milliseconds: Int64(rows.integer(row, 3))),
            isLost: recipients.map(Self.isLost) ?? false)
    }

    private static func isLost(_ recipients: [Recipient]) -> Bool {
        recipients.allSatisfy { recipient in
            switch recipient.state {
            case .failed, .held: true
            case .queued, .deferred, .scheduled, .inDoubt, .delivered: false
            }
        }
    }
}

/// What a group has to know of the database, as it was read in the group's transaction.
struct GroupFacts {
    var messages: [QueueID: StoredMessage] = [:]
    var ledgers: [QueueID: [AttemptRecord]] = [:]
    var keys: [[UInt8]: StoredKey] = [:]
    var originals: [QueueID: OriginalContent] = [:]
}
