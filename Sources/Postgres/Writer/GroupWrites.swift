internal import Mail
internal import NIOCore
internal import Spool

/// What a group writes: for each table what comes, changes and goes, in arrays.
struct GroupWrites {
    /// The new state of a message that stays.
    struct Update {
        /// Nil if only the open attempt changes.
        var settled: Settled?
        var open: OpenAttempt?

        struct Settled {
            let recipients: [Recipient]
            let cycles: Int
            let ledger: Int
            let boundUpstream: String?
            var releaseAt: Timestamp?
        }
    }

    /// A message that leaves.
    struct Removal {
        let id: QueueID
        let chunks: Int?
        let hasLedger: Bool
        /// The history's entry that its content stays with; nil if that goes too.
        let keptWith: Int?
        let octets: Int
        let checksum: UInt64
    }

    /// A key, and its message.
    struct Key {
        let resubmission: Resubmission
        let id: QueueID
    }

    var inserts: [Arrival] = []
    var parts: [StreamPart] = []
    /// Names of streams that are given up.
    var abandoned: [Int] = []
    var updates: [QueueID: Update] = [:]
    var attempts: [(id: QueueID, number: Int, record: AttemptRecord)] = []
    var removals: [Removal] = []
    var keys: [Key] = []
    /// Messages whose keys do not count any more: nobody has them.
    var forgotten: [QueueID] = []
    var events: [(message: QueueID, draft: OutboxDraft)] = []
    /// Entries of the history.
    var entries: [UInt8] = []
    var entryCount = 0
}

/// Makes the statements.
extension GroupWrites {
    /// - Parameters:
    ///   - node: whose streams they are.
    ///   - first: number of the first entry of the history.
    ///   - now: by the system's clock.
    ///   - steady: by the clock that nobody can set.
    ///   - chunkSize: octets of a chunk.
    func queries(
        node: String, first: Int, now: Timestamp, steady: Timestamp, chunkSize: Int
    ) -> [PostgresQuery] {
        insertQueries(chunkSize) + streamQueries(node) + updateQueries + removalQueries + keyQueries
            + historyQueries(first, now) + eventQueries(steady)
    }

    private func insertQueries(_ chunkSize: Int) -> [PostgresQuery] {
        guard !inserts.isEmpty || !parts.isEmpty else { return [] }
        var (rows, contents, chunks) = (MessageArrays(), ContentArrays(), ChunkArrays(chunkSize))
        rows.reserve(inserts.count)
        contents.reserve(inserts)
        for part in parts { chunks.add(part.content, from: part.first, part.bytes) }
        for arrival in inserts {
            rows.add(arrival)
            guard case .whole(let body) = arrival.new.content, arrival.placement.chunks != nil else {
                contents.add(arrival)
                continue
            }
            contents.add(arrival, body: nil)
            chunks.add(arrival.placement.chunks ?? 0, from: 0, body)
        }
        let queries = [rows.query, contents.query, chunks.query]
        return queries.compactMap { $0 }
    }

    private func streamQueries(_ node: String) -> [PostgresQuery] {
        let opened = parts.filter { $0.first == 0 && $0.bytes.readableBytes > 0 }.map(\.content)
        let closed = inserts.compactMap { $0.placement.isStreamed ? $0.placement.chunks : nil } + abandoned
        var queries: [PostgresQuery] = []
        if !opened.isEmpty {
            queries.append(
                PostgresQuery(GroupStatements.openStreams, [.array(PostgresArray(opened)), .text(node)]))
        }
        if !abandoned.isEmpty { queries.append(PostgresQuery(GroupStatements.deleteChunks, abandoned)) }
        if !closed.isEmpty { queries.append(PostgresQuery(GroupStatements.closeStreams, closed)) }
        return queries
    }

    private var updateQueries: [PostgresQuery] {
        var (settled, begun, ledger) = (UpdateArrays(), BeginArrays(), AttemptArrays())
        for (id, update) in updates.sorted(by: { $0.key < $1.key }) {
            if let state = update.settled {
                settled.add(id, state, update.open)
            } else if let open = update.open {
                begun.add(id, open)
            }
        }
        for attempt in attempts { ledger.add(attempt.id, attempt.number, attempt.record) }
        return [begun.query, settled.query, ledger.query].compactMap { $0 }
    }

    private var removalQueries: [PostgresQuery] {
        guard !removals.isEmpty else { return [] }
        var queries = [PostgresQuery(GroupStatements.deleteMessages, removals.map { Int($0.id.rawValue) })]
        let gone = removals.filter { $0.keptWith == nil }
        if !gone.isEmpty {
            queries.append(PostgresQuery(GroupStatements.deleteContents, gone.map { Int($0.id.rawValue) }))
        }
        let chunks = gone.compactMap(\.chunks)
        if !chunks.isEmpty { queries.append(PostgresQuery(GroupStatements.deleteChunks, chunks)) }
        let ledgers = removals.filter(\.hasLedger).map { Int($0.id.rawValue) }
        if !ledgers.isEmpty { queries.append(PostgresQuery(GroupStatements.deleteAttempts, ledgers)) }
        var kept = KeptArrays()
        for removal in removals where removal.keptWith != nil { kept.add(removal) }
        return queries + [kept.query].compactMap { $0 }
    }

    private var keyQueries: [PostgresQuery] {
        var queries: [PostgresQuery] = []
        if !forgotten.isEmpty {
            queries.append(PostgresQuery(GroupStatements.forgetKeys, forgotten.map { Int($0.rawValue) }))
        }
        guard !keys.isEmpty else { return queries }
        var (names, ids, expiries, envelopes) = (
            PostgresArray(.bytes), PostgresArray(.integer), PostgresArray(.integer), PostgresArray(.bytes)
        )
        for key in keys {
            names.append(octets: key.resubmission.key)
            ids.append(Int(key.id.rawValue))
            expiries.append(Int(key.resubmission.expiresAt.milliseconds))
            if let envelope = key.resubmission.envelope {
                envelopes.append(octets: envelope)
            } else {
                envelopes.appendNull()
            }
        }
        let values = [names, ids, expiries, envelopes].map(PostgresValue.array)
        return queries + [PostgresQuery(GroupStatements.insertKeys, values)]
    }

    private func historyQueries(_ first: Int, _ now: Timestamp) -> [PostgresQuery] {
        guard entryCount > 0 else { return [] }
        let values: [PostgresValue] = [
            .integer(first), .integer(first + entryCount - 1), .integer(Int(now.milliseconds)), .bytes(entries),
        ]
        return [PostgresQuery(GroupStatements.insertHistory, values)]
    }

    private func eventQueries(_ steady: Timestamp) -> [PostgresQuery] {
        guard !events.isEmpty else { return [] }
        var (webhooks, messages, times, payloads) = (
            PostgresArray(.text), PostgresArray(.integer), PostgresArray(.integer), PostgresArray(.bytes)
        )
        for event in events {
            webhooks.append(event.draft.webhook)
            messages.append(Int(event.message.rawValue))
            times.append(Int(steady.milliseconds))
            payloads.append(octets: event.draft.payload)
        }
        let values = [webhooks, messages, times, payloads].map(PostgresValue.array)
        return [PostgresQuery(GroupStatements.insertEvents, values)]
    }
}

extension PostgresQuery {
    /// A statement whose one parameter is `bigint[]`.
    init(_ statement: PostgresStatement, _ numbers: [Int]) {
        self.init(statement, [.array(PostgresArray(numbers))])
    }
}
