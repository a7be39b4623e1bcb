internal import Mail
internal import Spool

/// The start, before any thread of the spool runs.
extension PostgresWriter {
    private static let openAttempts = PostgresStatement(
        "open_attempts", "SELECT \(MessageColumns.list) FROM message WHERE open_at IS NOT NULL ORDER BY id")

    /// Connects, makes the tables, and closes attempts that a crash has left open.
    ///
    /// - Returns: the number of messages that are in doubt because of it.
    func open() throws(SpoolError) -> Int {
        let session: any PostgresSession
        do throws(PostgresError) {
            session = try context.connect()
        } catch {
            throw SpoolError(error)
        }
        try PostgresSchema.migrate(session)
        let last = EpochFile(directory: context.settings.local.path).epoch
        try adopt(ConnectionResult(.success(session)))
        let isOwn = last != nil && last.map { $0 + 1 } == link?.epoch
        let interrupted = try closeAttempts(session, isOwn ? DotJournal.evidence(path: context.journalPath) : .none)
        SpoolStep.reached(.afterRecovery)
        // Only now: until the doubts are durable, they are known only to the old journal.
        context.dots = DotJournal(path: context.journalPath)
        guard context.dots != nil, let link else {
            context.events(
                .notice("no room for \(context.journalPath): after a crash more mail will be in doubt than is"))
            return interrupted
        }
        noteEpoch(link)
        return interrupted
    }

    /// An attempt that is open now was running when its relay died. If it may have reached its final dot, nobody can know
    /// whether the upstream has the mail; if not, nothing has happened.
    ///
    /// - Parameter evidence: what is known of dots; nothing if another machine has written since this one did.
    private func closeAttempts(
        _ session: any PostgresSession, _ evidence: DotJournal.Evidence
    ) throws(SpoolError) -> Int {
        var (settlements, interrupted) = ([GroupChange](), 0)
        do throws(PostgresError) {
            let rows = try session.run(Self.openAttempts)
            for row in 0..<rows.count {
                let message = MessageColumns(rows, row).message
                guard let settlement = closing(message, evidence) else { continue }
                interrupted += settlement.attempt == nil ? 0 : 1
                settlements.append(.outcome(.settle(settlement, WrittenNotices()), nil))
            }
        } catch {
            throw SpoolError(error)
        }
        changes += settlements
        commit()
        guard kept.isEmpty, unknown == nil else {
            throw context.health.refusal ?? SpoolError(.inputOutput, "interrupted attempts could not be closed")
        }
        return interrupted
    }

    private func closing(_ message: SpooledMessage, _ evidence: DotJournal.Evidence) -> Settlement? {
        guard !message.recipients.isEmpty, let attempt = message.openAttempt else { return nil }
        guard evidence.allowsDot(of: message.id) else {
            return Settlement(
                id: message.id, recipients: message.recipients, cycles: message.cycles, attempt: nil,
                boundUpstream: message.boundUpstream)
        }
        let now = context.clock()
        let record = AttemptRecord(
            upstream: attempt.upstream, startedAt: attempt.startedAt + (now - context.steady()), endedAt: now,
            recipients: attempt.recipients, outcome: .inDoubt, phase: "interrupted",
            reply: SpooledMessage.interruptedReply, dotSent: evidence == .none ? nil : true)
        return Settlement(
            id: message.id, recipients: message.interrupted().recipients, cycles: message.cycles, attempt: record,
            boundUpstream: message.boundUpstream)
    }
}
