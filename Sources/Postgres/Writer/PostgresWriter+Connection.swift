internal import Mail
internal import Spool

/// A connection on its way from the thread that made it to the writer, or why there is none.
final class ConnectionResult: @unchecked Sendable {
    // Safety: written once before it is handed over, and used by the writer alone from then on.
    let result: Result<any PostgresSession, PostgresError>

    init(_ result: Result<any PostgresSession, PostgresError>) {
        self.result = result
    }
}

/// Has the writer connected, and what it knows by heart right.
extension PostgresWriter {
    // MARK: - A lost connection

    /// Mail is refused from now on, and outcomes wait.
    func lost(_ error: PostgresError) {
        link = nil
        context.health.set(.write, SpoolError(error))
        context.database(.lost(error.message))
        nextRetry = Monotonic.now
    }

    /// What is due by time.
    func retryIfDue() {
        guard let due = nextRetry, due <= Monotonic.now else { return }
        if link == nil { return startConnecting() }
        nextRetry = nil
        if !kept.isEmpty { commit() }
        if nextRetry == nil, context.health.has(.write) { probe() }
        context.ports.deliver(&completions)
    }

    private func startConnecting() {
        nextRetry = nil
        guard !isConnecting else { return }
        isConnecting = true
        let (connect, inbox) = (context.connect, context.inbox)
        _ = SpoolThread("spool-connect") {
            let result = Result { () throws(PostgresError) in try connect() }
            _ = inbox.append(.connected(ConnectionResult(result)))
        }
    }

    func connected(_ made: ConnectionResult) {
        isConnecting = false
        do throws(SpoolError) {
            try adopt(made)
            pause = context.tuning.shortestPause
            nextRetry = nil
            context.health.clear(.write)
        } catch {
            link = nil
            context.health.set(.write, error)
            nextRetry = Monotonic.now + pause.wholeNanoseconds
            pause = min(pause * 2, context.tuning.longestPause)
        }
    }

    /// Makes a connection that of the writer, and finds out what became of the group that was under way.
    func adopt(_ made: ConnectionResult) throws(SpoolError) {
        do throws(PostgresError) {
            let session = try made.result.get()
            let link = try claim(session)
            let facts = try link.synchrony
            session.onSilence = { [health = context.health] in
                health.set(.write, SpoolError(.inputOutput, "the database does not answer"))
            }
            self.link = link
            // At the start only once attempts are closed: until then the journal is that of an earlier connection.
            if context.dots != nil { noteEpoch(link) }
            resolve(link)
            try load(link)
            context.database(.connected(host: try link.host, version: session.serverVersion, facts: facts))
        } catch {
            throw SpoolError(error)
        }
    }

    /// Before anything is written by the connection: while the file names an earlier one, the journal counts for nothing.
    func noteEpoch(_ link: PostgresLink) {
        guard !EpochFile(directory: context.settings.local.path).write(link.epoch) else { return }
        context.events(
            .notice(
                "no room for a file in \(context.settings.local.path): after a crash more mail will be in doubt than is"
            ))
    }

    private func claim(_ session: any PostgresSession) throws(PostgresError) -> PostgresLink {
        do throws(SpoolError) {
            return try PostgresLink(session, node: context.settings.node, instance: context.instance)
        } catch {
            throw PostgresError(.unreachable, error.message)
        }
    }

    /// The group of which nobody knew whether it was committed: its number says. The claim of this connection came after all
    /// that the former one could still do, and its own commit made sure of what came before.
    private func resolve(_ link: PostgresLink) {
        guard let sent = unknown else { return }
        unknown = nil
        if link.lastGroup >= sent.number {
            committed(sent)
            self.link?.lastGroup = link.lastGroup
        } else {
            outbox?.ended(isCommitted: false)
            // What has been kept meanwhile came later.
            let later = kept
            kept.removeAll()
            refuse(sent.group, SpoolError(.inputOutput, "the connection to the database was lost before the commit"))
            kept += later
        }
    }

    // MARK: - By heart

    private enum Statements {
        static let totals = PostgresStatement(
            "totals", "SELECT count(*), coalesce(sum(octets), 0)::bigint, coalesce(max(id), 0) FROM message")
        static let history = PostgresStatement(
            "history_totals",
            "SELECT coalesce(max(last), 0), coalesce(sum(octet_length(entries)), 0)::bigint FROM history")
        static let contents = PostgresStatement(
            "kept_totals",
            "SELECT coalesce(max(number), 0), coalesce(sum(octets), 0)::bigint, coalesce(max(id), 0) FROM kept_content")
        static let keys = PostgresStatement("key_totals", "SELECT count(*) FROM resubmission")
        static let streams = PostgresStatement("open_streams_of", "SELECT content FROM stream WHERE node = $1::text")
        static let probe = PostgresStatement(
            "probe", "INSERT INTO chunk VALUES (-1, 0, convert_to(repeat('0', 8000), 'UTF8'))")
        static let unprobe = PostgresStatement("unprobe", "DELETE FROM chunk WHERE content = -1")
    }

    /// Reads what the writer keeps in mind about the tables.
    func load(_ link: PostgresLink) throws(PostgresError) {
        let node = context.settings.node
        let answers = try link.session.run([
            PostgresQuery(Statements.totals), PostgresQuery(Statements.history), PostgresQuery(Statements.contents),
            PostgresQuery(Statements.keys), PostgresQuery(Statements.streams, [.text(node)]),
        ])
        let (totals, history, contents) = (answers[0], answers[1], answers[2])
        counts.messages = totals.integer(0, 0)
        counts.octets = totals.integer(0, 1)
        // Entries may have been moved elsewhere since: a number that was used is never used again.
        counts.lastEntry = max(
            counts.lastEntry, history.integer(0, 0), contents.integer(0, 0), context.lastMoved)
        counts.departureOctets = history.integer(0, 1)
        counts.keptOctets = contents.integer(0, 1)
        counts.keys = answers[3].integer(0, 0)
        context.pass(QueueID(rawValue: Int64(max(totals.integer(0, 2), contents.integer(0, 2)))))
        try outbox?.load(link.session)
        try tidy((0..<answers[4].count).map { answers[4].integer($0, 0) }, link)
        noteCounts()
        checkLimit()
    }

    /// Content that came part by part for messages that will not come any more.
    private func tidy(_ stored: [Int], _ link: PostgresLink) throws(PostgresError) {
        let dead = stored.filter { !streams.isOpen($0) }
        guard !dead.isEmpty else { return }
        _ = try link.session.run([
            PostgresQuery(GroupStatements.deleteChunks, dead), PostgresQuery(GroupStatements.closeStreams, dead),
        ])
    }

    /// Whether the database has room again: mail is refused until then.
    private func probe() {
        guard let link else { return }
        do throws(PostgresError) {
            _ = try link.session.run([PostgresQuery(Statements.probe), PostgresQuery(Statements.unprobe)])
            context.health.clear(.write)
        } catch {
            guard !error.isFatal else { return lost(error) }
            nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
        }
    }

    // MARK: - The end

    /// The inbox is closed: what is left is written if it can be.
    func finish() {
        if link == nil, !kept.isEmpty || unknown != nil {
            connected(ConnectionResult(Result { () throws(PostgresError) in try context.connect() }))
        }
        commit()
        context.ports.deliver(&completions)
        if !kept.isEmpty { context.events(.notice("\(kept.count) outcomes could not be recorded before the end")) }
        link = nil
    }
}
