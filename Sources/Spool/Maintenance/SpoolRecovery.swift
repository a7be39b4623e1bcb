internal import Mail
internal import Synchronization

/// Recovery when the spool is opened, before any of its threads runs.
struct SpoolRecovery {
    struct Found {
        let database: SpoolDatabase
        let messages: Int
        let octets: Int
        let interrupted: Int
        let lastID: QueueID
    }

    private let context: SpoolContext

    init(_ context: SpoolContext) {
        self.context = context
    }

    func run() throws(SpoolError) -> Found {
        let database = try context.makeDatabase()
        let totals = try database.connection.prepare(
            """
            SELECT count(*), coalesce(sum(octets), 0),
                max(coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM content)) FROM message
            """)
        _ = try totals.next()
        let (messages, octets, last) = (totals.integer(0), totals.integer(1), totals.integer(2))
        totals.reset()
        let interrupted = try closeAttempts(database)
        context.departureOctets.store(database.departures?.octets ?? 0, ordering: .relaxed)
        context.keptOctets.store(database.keptContent.octets, ordering: .relaxed)
        for notice in try context.store.load(database.queries.forEachInSegments) { context.events(.notice(notice)) }
        return Found(
            database: database, messages: messages, octets: octets, interrupted: interrupted,
            lastID: QueueID(rawValue: Int64(last)))
    }

    /// An attempt that is open now was running when the process died. If it may have reached its final dot, nobody can
    /// know whether the upstream has the mail; if not, nothing has happened.
    private func closeAttempts(_ database: SpoolDatabase) throws(SpoolError) -> Int {
        let open = try database.connection.prepare("SELECT id FROM message WHERE open_at IS NOT NULL")
        var ids: [QueueID] = []
        while try open.next() { ids.append(QueueID(rawValue: Int64(open.integer(0)))) }
        let evidence = DotJournal.evidence(path: context.journalPath)
        let doubtful = ids.filter(evidence.allowsDot)
        if !ids.isEmpty {
            try database.transaction { () throws(SpoolError) in
                for id in ids { try close(id, database, evidence) }
            }
        }
        SpoolStep.reached(.afterRecovery)
        // Only now: until the doubts are durable, they are known only to the old journal.
        context.dots = DotJournal(path: context.journalPath, files: context.files)
        if context.dots == nil {
            context.events(
                .notice("no room for \(context.journalPath): after a crash more mail will be in doubt than is"))
        }
        return doubtful.count
    }

    private func close(_ id: QueueID, _ database: SpoolDatabase, _ evidence: DotJournal.Evidence) throws(SpoolError) {
        guard let message = try database.queries.row(id)?.message, !message.recipients.isEmpty,
            let attempt = message.openAttempt
        else { return }
        guard evidence.allowsDot(of: id) else {
            try database.settle(
                Settlement(
                    id: id, recipients: message.recipients, cycles: message.cycles, attempt: nil,
                    boundUpstream: message.boundUpstream))
            return
        }
        let record = AttemptRecord(
            upstream: attempt.upstream, startedAt: attempt.startedAt + (context.clock() - context.steady()),
            endedAt: context.clock(),
            recipients: attempt.recipients, outcome: .inDoubt, phase: "interrupted",
            reply: SpooledMessage.interruptedReply, dotSent: evidence == .none ? nil : true)
        try database.settle(
            Settlement(
                id: id, recipients: message.interrupted().recipients, cycles: message.cycles, attempt: record,
                boundUpstream: message.boundUpstream))
    }
}
