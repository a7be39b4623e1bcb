internal import CSQLite
internal import Mail
internal import NIOCore

/// Location of the content of a message about to be committed.
struct PlacedContent {
    /// Octets of the wire form.
    let octets: Int
    let checksum: UInt64
    /// Nil if it goes into the row.
    let extents: [Extent]?
    /// The content as received, if it is kept in memory for the first attempt.
    let kept: [ByteBuffer]?
}

/// Result of inserting a message.
enum Insertion {
    case done
    /// The queue ID is in use.
    case taken
    /// It is a resubmission of this message.
    case repeated(QueueID)
    /// Its key was used for another message.
    case contradicted
}

/// Result of recording a state.
enum Settled {
    /// There is no such message.
    case missing
    case kept
    /// It was the last state: the message is gone.
    case gone(RemovedRow)

    var isFound: Bool {
        switch self {
        case .missing: false
        case .kept, .gone: true
        }
    }
}

/// What a deleted row referred to.
struct RemovedRow {
    let octets: Int
    let extents: [Extent]
    /// Whether its content stays with the history.
    var isKept = false
}

/// A message whose content was copied to another segment.
struct Relocation: Sendable {
    let id: QueueID
    let old: [Extent]
    let new: [Extent]
    /// The part of `new` that was copied, and the part of `old` that it replaces.
    let copied: [Extent]
    let replaced: [Extent]
}

/// The writing connection, with its statements; used by one thread.
final class SpoolDatabase {
    let connection: SQLiteConnection
    let queries: SpoolQueries
    let content: ContentSource
    private let resubmissions: ResubmissionTable
    /// Nil if nothing is kept about messages that leave.
    let departures: DepartureTable?
    let keptContent: KeptContentTable
    /// Nil if there are no webhooks by design, as for tools.
    let outbox: OutboxTable?
    private let clock: @Sendable () -> Timestamp
    private let insertMessage: SQLiteStatement
    private let insertContent: SQLiteStatement
    private let openAttempt: SQLiteStatement
    private let update: SQLiteStatement
    private let insertAttempt: SQLiteStatement
    private let selectMessage: SQLiteStatement
    private let deleteMessage: SQLiteStatement
    private let deleteContent: SQLiteStatement
    private let deleteAttempts: SQLiteStatement
    private let move: SQLiteStatement
    private let begin: SQLiteStatement
    private let commit: SQLiteStatement
    private let commitFault: (@Sendable () -> SpoolError?)?
    private var scratch: [UInt8] = []
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    /// Opens the database, creates it if missing, and migrates it to the newest schema.
    ///
    /// - Parameters:
    ///   - recorder: writes what is kept about messages that leave; nil for nothing.
    ///   - last: the last entry of it that has been moved away.
    ///   - outbox: makes events for webhooks; nil for none.
    ///   - clock: the system's.
    ///   - steady: the clock that nobody can set.
    init(
        path: String, tuning: SpoolTuning, recorder: (any DepartureRecorder)? = nil, after last: Int = 0,
        outbox: (any OutboxRecorder)? = nil, clock: @escaping @Sendable () -> Timestamp = { .wallClock },
        steady: @escaping @Sendable () -> Timestamp = { .wallClock }
    ) throws(SpoolError) {
        let connection = try SQLiteConnection(path: path, access: .write, cache: tuning.writerCache, vfs: tuning.vfs)
        try connection.execute("PRAGMA page_size = \(tuning.pageSize); PRAGMA journal_mode = WAL")
        try connection.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = 0")
        try SpoolSchema.migrate(connection)
        if tuning.maxPages > 0 { try connection.execute("PRAGMA max_page_count = \(tuning.maxPages)") }
        self.connection = connection
        commitFault = tuning.commitFault
        queries = try SpoolQueries(connection)
        content = try ContentSource(connection, partSize: tuning.partSize)
        resubmissions = try ResubmissionTable(connection)
        keptContent = try KeptContentTable(connection)
        if let recorder {
            departures = try DepartureTable(connection, recorder, after: max(last, keptContent.last))
        } else {
            departures = nil
        }
        self.outbox = if let outbox { try OutboxTable(connection, outbox, steady: steady) } else { nil }
        self.clock = clock
        insertMessage = try connection.prepare(
            """
            INSERT OR IGNORE INTO message (id, received_at, next_attempt_at, priority, flags, octets, size, body, checksum, cycles,
                ledger, sender, message_id, origin, recipients, extents, open_at, open_upstream, open_recipients, user, options,
                routing, release_at, notice, bound_upstream)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
            """)
        insertContent = try connection.prepare("INSERT OR REPLACE INTO content (id, header, body) VALUES (?, ?, ?)")
        openAttempt = try connection.prepare(
            "UPDATE message SET open_at = ?2, open_upstream = ?3, open_recipients = ?4 WHERE id = ?1")
        update = try connection.prepare(
            """
            UPDATE message SET recipients = ?2, next_attempt_at = ?3, flags = ?4, cycles = ?5, ledger = ledger + ?6,
                bound_upstream = ?7, release_at = coalesce(?8, release_at), open_at = NULL, open_upstream = NULL, open_recipients = NULL WHERE id = ?1
            """)
        insertAttempt = try connection.prepare(
            """
            INSERT OR REPLACE INTO attempt (message, number, upstream, started_at, ended_at, recipients, outcome, phase,
                reply, tls, dot_sent) SELECT id, ledger, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM message WHERE id = ?1
            """)
        // Before the deletion: RETURNING would make a temporary table for every message.
        selectMessage = try connection.prepare("SELECT octets, ledger, extents, checksum FROM message WHERE id = ?")
        deleteMessage = try connection.prepare("DELETE FROM message WHERE id = ?")
        deleteContent = try connection.prepare("DELETE FROM content WHERE id = ?")
        deleteAttempts = try connection.prepare("DELETE FROM attempt WHERE message = ?")
        move = try connection.prepare("UPDATE message SET extents = ?3 WHERE id = ?1 AND extents = ?2")
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        logPages.initialize(to: 0)
        sqlite3_wal_hook(
            connection.handle,
            { target, _, _, pages in
                target!.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            }, logPages)
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        logPages.deallocate()
    }

    /// Pages in the log after the last commit.
    var pagesInLog: Int { Int(logPages.pointee) }

    /// Runs `body` in a transaction and commits it; after an error nothing has changed.
    func transaction(_ body: () throws(SpoolError) -> Void) throws(SpoolError) {
        try begin.run()
        let keys = resubmissions.count
        do throws(SpoolError) {
            try body()
            try departures?.write(at: clock())
            SpoolStep.reached(.beforeCommit)
            if let fault = commitFault?() { throw fault }
            try commit.run()
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            resubmissions.count = keys
            ended(isCommitted: false)
            throw error
        }
        ended(isCommitted: true)
        SpoolStep.reached(.afterCommit)
    }

    private func ended(isCommitted: Bool) {
        departures?.ended(isCommitted: isCommitted)
        keptContent.ended(isCommitted: isCommitted)
        outbox?.ended(isCommitted: isCommitted)
    }

    /// Commits some octets and removes them again, to check whether there is room for a message.
    func probe() throws(SpoolError) {
        try transaction { () throws(SpoolError) in
            try connection.execute("INSERT OR REPLACE INTO probe VALUES (1, zeroblob(65536))")
        }
        try transaction { () throws(SpoolError) in try connection.execute("DELETE FROM probe") }
    }

    /// Commits almost nothing, in place of a failed commit in the log.
    func overwriteFailedCommit() throws(SpoolError) {
        try transaction { () throws(SpoolError) in
            try connection.execute("INSERT OR REPLACE INTO probe VALUES (1, NULL); DELETE FROM probe")
        }
    }

    /// Number of resubmission keys stored.
    var keyCount: Int { resubmissions.count }

    /// Removes expired resubmission keys, and the oldest above `most`, in a separate transaction.
    ///
    /// - Parameter limit: maximum number to remove.
    /// - Returns: how many had expired, and how many were removed early.
    func expireResubmissions(
        until now: Timestamp, most: Int, limit: Int
    ) throws(SpoolError) -> (expired: Int, early: Int) {
        var (expired, early) = (0, 0)
        try transaction { () throws(SpoolError) in
            expired = try resubmissions.expire(until: now, limit: limit)
            early = try resubmissions.trim(to: most, limit: limit - expired)
        }
        return (expired, early)
    }

    // MARK: Changes within a transaction

    /// Inserts a message, unless it is a resubmission.
    func insert(_ new: NewMessage, _ placed: PlacedContent) throws(SpoolError) -> Insertion {
        guard let resubmission = new.resubmission else {
            return try insertMessage(new, placed) ? .done : .taken
        }
        let finding = try resubmissions.find(resubmission)
        if finding == .other { return .contradicted }
        // A 250 on account of the first one would promise what nobody can keep.
        if case .known(let id) = finding, try !isLost(id) { return .repeated(id) }
        guard try insertMessage(new, placed) else { return .taken }
        try resubmissions.insert(resubmission, of: new.message.id, replacing: finding != .new)
        return .done
    }

    /// Whether a message is queued, but none of its recipients has it or will get it.
    private func isLost(_ id: QueueID) throws(SpoolError) -> Bool {
        try queries.row(id)?.message.isLost ?? false
    }

    /// - Returns: false if the queue ID is in use.
    private func insertMessage(_ new: NewMessage, _ placed: PlacedContent) throws(SpoolError) -> Bool {
        let message = new.message
        let due = DueState(message.recipients)
        let id = Int(message.id.rawValue)
        insertMessage.bind(1, id)
        insertMessage.bind(2, Int(message.receivedAt.milliseconds))
        insertMessage.bind(3, due.nextAttemptAt.map { Int($0.milliseconds) })
        insertMessage.bind(4, Int(message.priority.rawValue))
        insertMessage.bind(5, due.flags)
        insertMessage.bind(6, placed.octets)
        insertMessage.bind(7, message.size)
        insertMessage.bind(8, StoredBody(message).column)
        insertMessage.bind(9, Int(Int64(bitPattern: placed.checksum)))
        insertMessage.bind(10, message.cycles)
        insertMessage.bind(11, message.sender.address?.text)
        insertMessage.bind(12, message.messageID)
        insertMessage.bind(13, message.origin)
        insertMessage.bind(16, message.openAttempt.map { Int($0.startedAt.milliseconds) })
        insertMessage.bind(17, message.openAttempt?.upstream)
        insertMessage.bind(18, message.openAttempt.map { RecipientText.encode(indexes: $0.recipients) })
        insertMessage.bind(19, message.user)
        insertMessage.bind(20, message.options == .none ? nil : message.options.parameters)
        insertMessage.bind(21, RoutingText.encode(message.routing))
        insertMessage.bind(22, message.releaseAt.map { Int($0.milliseconds) })
        insertMessage.bind(23, message.notice?.rawValue)
        insertMessage.bind(24, message.boundUpstream)
        try run(insertMessage, recipients: message.recipients, at: 14, extents: placed.extents, at: 15)
        guard connection.changes == 1 else { return false }
        try insertContent(id, new.header, placed.extents == nil ? new.content : nil)
        return true
    }

    private func insertContent(
        _ id: Int, _ header: ByteBuffer, _ content: NewMessage.Content?
    ) throws(SpoolError) {
        insertContent.bind(1, id)
        let result: Result<Void, SpoolError> = header.withUnsafeReadableBytes { header in
            insertContent.bind(2, borrowed: header)
            switch content {
            case .whole(let body):
                return body.withUnsafeReadableBytes { body in
                    insertContent.bind(3, borrowed: body)
                    return insertContent.attempt()
                }
            case .stream, nil:
                insertContent.bindNull(3)
                return insertContent.attempt()
            }
        }
        insertContent.clear()
        try result.get()
    }

    private func run(
        _ statement: SQLiteStatement, recipients: [Recipient], at place: Int32, extents: [Extent]?, at other: Int32
    ) throws(SpoolError) {
        RecipientText.encode(recipients, into: &scratch)
        let encoded = extents?.encoded
        let result: Result<Void, SpoolError> = scratch.withUnsafeBytes { text in
            statement.bind(place, borrowedText: text)
            guard let encoded else { return statement.attempt() }
            return encoded.withUnsafeBytes { bytes in
                statement.bind(other, borrowed: bytes)
                return statement.attempt()
            }
        }
        statement.clear()
        try result.get()
    }

    /// - Returns: false if there is no such message.
    func begin(_ id: QueueID, _ attempt: OpenAttempt) throws(SpoolError) -> Bool {
        openAttempt.bind(1, Int(id.rawValue))
        openAttempt.bind(2, Int(attempt.startedAt.milliseconds))
        openAttempt.bind(3, attempt.upstream)
        openAttempt.bind(4, RecipientText.encode(indexes: attempt.recipients))
        try openAttempt.run()
        return connection.changes == 1
    }

    /// Records a state, or removes the message if that is its last one.
    ///
    /// - Parameter found: the message as it was, if that is known.
    @discardableResult
    func settle(_ settlement: Settlement, _ found: SpooledMessage? = nil) throws(SpoolError) -> Settled {
        let found = try tell(of: settlement, found)
        guard settlement.isLast else { return try update(settlement) ? .kept : .missing }
        let last = departures?.isRecording ?? false ? try lastState(settlement, found) : nil
        guard let row = try remove(settlement.id, last, settlement.dropped(from: found)) else { return .missing }
        if settlement.isLoss { try resubmissions.forget(settlement.id) }
        return .gone(row)
    }

    /// Writes the events that webhooks have asked for.
    ///
    /// - Returns: the message as it was, if that is known now.
    private func tell(of settlement: Settlement, _ found: SpooledMessage?) throws(SpoolError) -> SpooledMessage? {
        guard let outbox, try outbox.asks(about: settlement) else { return found }
        guard let before = if let found { found } else { try queries.row(settlement.id)?.message } else { return nil }
        try outbox.add(OutboxCause(settlement, before, at: clock()))
        return before
    }

    private func lastState(_ settlement: Settlement, _ found: SpooledMessage?) throws(SpoolError) -> LastState? {
        if let last = settlement.last { return last }
        let before = if let found { found } else { try queries.row(settlement.id)?.message }
        return before.map(settlement.lastState)
    }

    /// - Returns: false if there is no such message.
    private func update(_ settlement: Settlement) throws(SpoolError) -> Bool {
        let due = DueState(settlement.recipients)
        update.bind(1, Int(settlement.id.rawValue))
        update.bind(3, due.nextAttemptAt.map { Int($0.milliseconds) })
        update.bind(4, due.flags)
        update.bind(5, settlement.cycles)
        update.bind(6, settlement.attempt == nil ? 0 : 1)
        update.bind(7, settlement.boundUpstream)
        update.bind(8, settlement.releaseAt.map { Int($0.milliseconds) })
        try run(update, recipients: settlement.recipients, at: 2, extents: nil, at: 0)
        guard connection.changes == 1 else { return false }
        if let attempt = settlement.attempt { try record(attempt, of: settlement.id) }
        return true
    }

    private func record(_ attempt: AttemptRecord, of id: QueueID) throws(SpoolError) {
        insertAttempt.bind(1, Int(id.rawValue))
        insertAttempt.bind(2, attempt.upstream)
        insertAttempt.bind(3, Int(attempt.startedAt.milliseconds))
        insertAttempt.bind(4, Int(attempt.endedAt.milliseconds))
        insertAttempt.bind(5, RecipientText.encode(indexes: attempt.recipients))
        insertAttempt.bind(6, attempt.outcome.rawValue)
        insertAttempt.bind(7, attempt.phase)
        insertAttempt.bind(8, attempt.reply)
        insertAttempt.bind(9, attempt.tls)
        insertAttempt.bind(10, attempt.dotSent.map { $0 ? 1 : 0 })
        try insertAttempt.run()
    }

    /// - Parameters:
    ///   - last: what is kept about it; nil for nothing.
    ///   - dropped: the recipients that an operator has dropped.
    /// - Returns: what the row referred to; nil if there was no such message.
    func remove(_ id: QueueID, _ last: LastState? = nil, _ dropped: Set<Int> = []) throws(SpoolError) -> RemovedRow? {
        selectMessage.bind(1, Int(id.rawValue))
        guard try selectMessage.next() else { return nil }
        let content = KeptContent(
            id: id, octets: selectMessage.integer(0), checksum: UInt64(bitPattern: Int64(selectMessage.integer(3))),
            extents: selectMessage.isNull(2) ? nil : selectMessage.withBytes(2) { [Extent](encoded: $0) ?? [] })
        let hasLedger = selectMessage.integer(1) > 0
        selectMessage.reset()
        deleteMessage.bind(1, Int(id.rawValue))
        try deleteMessage.run()
        let isKept = try keep(content, of: last)
        if let last { try record(last, dropped, hasLedger: hasLedger) }
        if hasLedger {
            deleteAttempts.bind(1, Int(id.rawValue))
            try deleteAttempts.run()
        }
        return RemovedRow(octets: content.octets, extents: content.extents ?? [], isKept: isKept)
    }

    /// Hands content over to the history, or removes it.
    ///
    /// - Returns: whether it stays.
    private func keep(_ content: KeptContent, of last: LastState?) throws(SpoolError) -> Bool {
        guard last != nil, let departures, departures.keepsContent else {
            deleteContent.bind(1, Int(content.id.rawValue))
            try deleteContent.run()
            return false
        }
        try keptContent.add(content, number: departures.number)
        return true
    }

    private func record(_ last: LastState, _ dropped: Set<Int>, hasLedger: Bool) throws(SpoolError) {
        let earlier = hasLedger ? try queries.attempts(of: last.message.id) : []
        departures?.add(
            Departure(message: last.message, attempts: earlier + last.attempts, dropped: dropped, at: clock()))
    }

    /// Removes what is kept about messages that have left, up to this entry, in a separate transaction.
    ///
    /// - Parameter step: about how many entries at most.
    /// - Returns: whether none is left.
    func forgetDepartures(through last: Int, step: Int) throws(SpoolError) -> Bool {
        guard let departures else { return true }
        var removed = (isDone: true, octets: 0)
        try transaction { () throws(SpoolError) in
            removed = try departures.remove(through: last, step: step)
        }
        departures.removed(octets: removed.octets)
        return removed.isDone
    }

    /// Removes content that is kept, by `remove`, in a separate transaction.
    ///
    /// - Returns: what was removed.
    func forgetContent(
        _ remove: (KeptContentTable) throws(SpoolError) -> [KeptContent]
    ) throws(SpoolError) -> [KeptContent] {
        var removed: [KeptContent] = []
        try transaction { () throws(SpoolError) in removed = try remove(keptContent) }
        return removed
    }

    /// Puts the pending recipients of a message on hold.
    func quarantine(_ id: QueueID, _ reason: String) throws(SpoolError) {
        guard let message = try queries.row(id)?.message else { return }
        let held = message.recipients.map { $0.held(reason) }
        try settle(
            Settlement(
                id: id, recipients: held, cycles: message.cycles, attempt: nil, boundUpstream: message.boundUpstream))
    }

    /// - Returns: false if the message is gone or refers to other content.
    func relocate(_ relocation: Relocation) throws(SpoolError) -> Bool {
        move.bind(1, Int(relocation.id.rawValue))
        let result: Result<Void, SpoolError> = relocation.old.encoded.withUnsafeBytes { old in
            relocation.new.encoded.withUnsafeBytes { new in
                move.bind(2, borrowed: old)
                move.bind(3, borrowed: new)
                return move.attempt()
            }
        }
        move.clear()
        try result.get()
        if connection.changes == 1 { return true }
        // It has left meanwhile.
        return try keptContent.relocate(relocation)
    }
}
