package import History
internal import Mail
package import Spool

/// The runs of a history in the tables `history_run` and `history_run_part`; the key is in the table `document`.
///
/// Blocks the calling thread, as files do.
package struct PostgresRuns: RunPlace {
    private let source: RunSession

    /// - Parameter pool: best one of its own: a search has the connection for as long as it reads.
    package init(_ pool: PostgresPool) {
        source = RunSession(pool: pool)
    }

    package var space: Int? { nil }

    package var remedy: String {
        "Delete the row of each such run from the table history_run, where \"first\" is its first number: its entries are "
            + "lost to the history"
    }

    package func prepare() throws(SpoolError) {
        try source.migrate()
        _ = try source.ask(RunStatements.tidy)
    }

    package func runs() throws(SpoolError) -> (runs: [Run], problems: [UnreadableRun]) {
        let rows = try source.ask(RunStatements.list)
        var (runs, problems) = ([Run](), [UnreadableRun]())
        for row in 0..<rows.count {
            let name = RunName(rows.integer(row, 0), rows.integer(row, 1))
            let head = rows.isNull(row, 2) ? [] : rows.bytes(row, 2)
            if let header = head.withUnsafeBytes({ RunHeader($0) }), header.first == name.first {
                runs.append(Run(header, at: name.description))
            } else {
                let error = SpoolError(.corrupt, "\(name) does not begin as a run of history does")
                problems.append(UnreadableRun(path: name.description, error: error))
            }
        }
        return (runs, problems)
    }

    package func has(_ path: String) -> Bool {
        guard let name = RunName(path), let rows = try? source.ask(RunStatements.number, [.integer(name.first)]) else {
            return true
        }
        return rows.count > 0
    }

    package func open(_ path: String) throws(SpoolError) -> any RunSource {
        guard let name = RunName(path) else { throw SpoolError(.missing, "\(path) is no run") }
        return try PostgresRun(name, source)
    }

    package func draft() throws(SpoolError) -> any RunDraft { try PostgresRunDraft(source) }

    package func remove(_ run: Run) throws(SpoolError) {
        _ = try source.ask(RunStatements.remove, [.integer(run.header.first)])
    }

    // MARK: - The key

    package func openKey(_ notice: (String) -> Void) throws(SpoolError) -> KeyedHash {
        let rows = try source.ask(RunStatements.key)
        if rows.count > 0 {
            if let key = KeyedHash(rows.bytes(0, 0)) { return key }
            _ = try source.run([
                PostgresQuery(RunStatements.dropDamagedKey),
                PostgresQuery(RunStatements.moveKey, [.bytes(rows.bytes(0, 0))]),
            ])
            notice(
                "history: the key is lost (the document history.key has not 16 octets): it is now history.key.damaged, "
                    + "and a new one is made. Older runs are searched record by record, and addresses kept as hashes are "
                    + "not found by the address any more; to undo this, stop the relay and put the right key in place of "
                    + "the new one")
        }
        return try makeKey()
    }

    /// That of the relay that comes first.
    private func makeKey() throws(SpoolError) -> KeyedHash {
        let rows = try source.run([
            PostgresQuery(RunStatements.makeKey, [.bytes(KeyedHash.newKey())]), PostgresQuery(RunStatements.key),
        ])
        guard rows[1].count > 0, let key = KeyedHash(rows[1].bytes(0, 0)) else {
            throw SpoolError(.inputOutput, "cannot make the key of the history in the database")
        }
        return key
    }
}
