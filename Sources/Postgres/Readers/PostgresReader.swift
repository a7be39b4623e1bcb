internal import Mail
internal import NIOCore
internal import Spool

/// A reader thread with a connection of its own, which it makes when it needs one.
final class PostgresReader: @unchecked Sendable {
    // Safety: after `init` everything is accessed only by the reader's thread, from `run(_:)`.

    typealias Job = @Sendable (PostgresReader) -> Void

    private enum Statements {
        static let due = PostgresStatement(
            "due",
            """
            SELECT \(MessageColumns.list), stored_header, stored_body
            FROM message LEFT JOIN content AS c (id, stored_header, stored_body) USING (id) WHERE id = ANY($1::bigint[])
            """)
    }

    private let context: PostgresContext
    private var session: (any PostgresSession)?
    /// No new connection is tried for before, by ``Monotonic``.
    private var nextTry: Int64 = 0
    private var trouble = PostgresError(.connection, "there is no connection to the database")

    init(_ context: PostgresContext) {
        self.context = context
    }

    /// The thread's body.
    func run(_ inbox: Inbox<Job>) {
        var jobs: [Job] = []
        while inbox.take(into: &jobs) {
            for job in jobs { job(self) }
            jobs.removeAll(keepingCapacity: true)
        }
        session = nil
    }

    /// Asks the database; once more, on another connection, if this one is lost.
    func ask<Answer>(
        _ question: (any PostgresSession) throws(PostgresError) -> Answer
    ) throws(SpoolError) -> Answer {
        do throws(PostgresError) {
            let isOld = session != nil
            do throws(PostgresError) {
                return try question(open())
            } catch {
                guard error.isFatal else { throw error }
                session = nil
                guard isOld else { throw error }
                return try question(open())
            }
        } catch {
            if error.isFatal { session = nil }
            throw SpoolError(error)
        }
    }

    private func open() throws(PostgresError) -> any PostgresSession {
        if let session { return session }
        guard Monotonic.now >= nextTry else { throw trouble }
        do throws(PostgresError) {
            let session = try context.connect()
            self.session = session
            return session
        } catch {
            trouble = error
            nextTry = Monotonic.now + context.tuning.longestPause.wholeNanoseconds / 2
            throw error
        }
    }

    // MARK: - For delivery

    /// Reads messages back for delivery, in one question.
    func load(_ ids: [QueueID], except unsettled: Set<QueueID>) -> [LoadResult] {
        let wanted = ids.filter { !unsettled.contains($0) }
        var found: [QueueID: LoadResult] = [:]
        do throws(SpoolError) {
            try ask { session throws(PostgresError) in
                let query = PostgresQuery(Statements.due, wanted.map { Int($0.rawValue) })
                let rows = try session.run([query])[0]
                for row in 0..<rows.count {
                    let columns = MessageColumns(rows, row)
                    found[columns.message.id] = result(columns, rows, row)
                }
            }
        } catch {
            for id in wanted { found[id] = .failed(id, error) }
        }
        for id in unsettled {
            found[id] = .failed(
                id, SpoolError(.inputOutput, "the last outcome of message \(id) is not recorded yet"))
        }
        return ids.map { found[$0] ?? .missing($0) }
    }

    private func result(_ columns: MessageColumns, _ rows: any PostgresRows, _ row: Int) -> LoadResult {
        let id = columns.message.id
        guard columns.isDue else { return .missing(id) }
        guard !columns.message.recipients.isEmpty else {
            return .failed(id, SpoolError(.corrupt, "the recipients of message \(id) cannot be read"))
        }
        guard columns.chunks == nil, context.budget.allows(columns.octets) else {
            let reader = PostgresContentReader(columns)
            return .message(QueuedMessage(message: columns.message, content: .stored(reader)))
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(columns.octets)
        let header = rows.isNull(row, 24) ? 0 : bytes.writeBytes(rows.octets(row, 24))
        if !rows.isNull(row, 25) { bytes.writeBytes(rows.octets(row, 25)) }
        guard
            PostgresContents.isValid(bytes, header, octets: columns.octets, checksum: columns.checksum)
        else {
            context.quarantine(id, .corrupt(id))
            return .quarantined(id)
        }
        let resident = ResidentContent(parts: [bytes], budget: context.budget)
        return .message(QueuedMessage(message: columns.message, content: .resident(resident)))
    }

    /// The next part of content; a queued message whose content is damaged is put on hold.
    func next(_ reader: PostgresContentReader) -> Result<ContentPart, SpoolError> {
        do throws(SpoolError) {
            let result = try ask { session throws(PostgresError) in
                try PostgresContents(session: session, partChunks: context.tuning.partChunks).next(reader)
            }
            return .success(try result.get())
        } catch {
            if error.code == .corrupt, !reader.isKept { context.quarantine(reader.id, error) }
            return .failure(error)
        }
    }
}
