package import Mail
package import Spool
package import Suppression

/// Suppressions in the tables `suppression` and `bounce`.
///
/// Changes of all relays come one after the other, under an advisory lock.
package final class PostgresSuppressions: SuppressionRows {
    private typealias Sql = SuppressionStatements

    /// Rows that a statement changes.
    private static let batch = 5000

    private let source: any PostgresSource
    /// That of the transaction that is open.
    private var session: (any PostgresSession)?

    /// - Parameter source: for this alone: an import holds its connection for as long as it takes.
    package init(_ source: any PostgresSource) {
        self.source = source
    }

    package func transaction<Result>(
        isRehearsal: Bool, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result {
        let transaction = SettledTransaction(
            source: source, opening: [PostgresQuery(Sql.patience), PostgresQuery(Sql.lock)], isRehearsal: isRehearsal)
        var reason: SpoolError?
        do throws(SettledTransaction.Failure) {
            return try transaction.run { session throws(PostgresError) in
                self.session = session
                defer { self.session = nil }
                do throws(SpoolError) {
                    return try body()
                } catch {
                    reason = error
                    throw lastError ?? PostgresError(.server, error.message, state: "")
                }
            }
        } catch {
            throw Self.words(about: error, reason)
        }
    }

    /// What made the statement fail that failed last.
    private var lastError: PostgresError?

    private static func words(about failure: SettledTransaction.Failure, _ reason: SpoolError?) -> SpoolError {
        switch failure.state {
        case .unsettled:
            SpoolError(
                .unsettled,
                "the database went away before it said whether the change was made, so look before you repeat it: "
                    + failure.error.message)
        case .unbegun, .rolledBack:
            reason ?? spoolError(failure.error)
        }
    }

    private static func spoolError(_ error: PostgresError) -> SpoolError {
        switch error.state {
        case "55P03": SpoolError(.inputOutput, "another change of the suppressions takes too long; nothing has changed")
        case _ where error.isLackOfResources:
            SpoolError(.full, "the database lacks room, and nothing has changed: \(error.message)")
        default: SpoolError(.inputOutput, "database: \(error.message)")
        }
    }

    /// Runs statements in the transaction that is open, or else by themselves.
    private func run(_ queries: [PostgresQuery]) throws(SpoolError) -> [any PostgresRows] {
        do throws(PostgresError) {
            lastError = nil
            guard let session else { return try source.repeatable(queries) }
            return try session.run(queries)
        } catch {
            lastError = error
            throw Self.spoolError(error)
        }
    }

    @discardableResult
    private func run(
        _ statement: PostgresStatement, _ values: PostgresValue...
    ) throws(SpoolError) -> any PostgresRows {
        try run([PostgresQuery(statement, values)])[0]
    }

    // MARK: Suppressions

    package func set(_ entries: [SuppressionEntry]) throws(SpoolError) -> [Bool] {
        var results: [Bool] = []
        results.reserveCapacity(entries.count)
        for start in stride(from: 0, to: entries.count, by: Self.batch) {
            results += try set(entries[start..<min(start + Self.batch, entries.count)])
        }
        return results
    }

    /// - Returns: for each, whether it is new.
    private func set(_ entries: ArraySlice<SuppressionEntry>) throws(SpoolError) -> [Bool] {
        // A statement may change a row once only: of several for the same key the last counts.
        var places: [SuppressionKey: Int] = [:]
        var results = [Bool](repeating: false, count: entries.count)
        var columns = SuppressionColumns()
        var firsts: [Int] = []
        for (number, entry) in entries.enumerated() {
            if places.updateValue(number, forKey: entry.key) == nil { firsts.append(number) }
        }
        for first in firsts {
            let entry = entries[entries.startIndex + first]
            columns.append(entries[entries.startIndex + (places[entry.key] ?? first)])
            results[first] = true
        }
        let rows = try run([
            PostgresQuery(Sql.known, columns.keys), PostgresQuery(Sql.set, columns.all),
        ])
        for row in 0..<rows[0].count { results[firsts[rows[0].integer(row, 0) - 1]] = false }
        return results
    }

    package func remove(_ keys: [SuppressionKey]) throws(SpoolError) {
        for start in stride(from: 0, to: keys.count, by: Self.batch) {
            let part = keys[start..<min(start + Self.batch, keys.count)]
            _ = try run([PostgresQuery(Sql.remove, SuppressionColumns.keys(part))])
        }
    }

    package func remove(
        _ patterns: [SuppressionPattern], route: String?
    ) throws(SpoolError) -> [[SuppressionKey]] {
        guard !patterns.isEmpty else { return [] }
        let rows = try run(
            Sql.removePatterns, .array(PostgresArray(patterns.lazy.map(\.text))), PostgresValue(route))
        var removed: [SuppressionPattern: [SuppressionKey]] = [:]
        for row in 0..<rows.count {
            let key = Self.key(rows, row)
            removed[key.pattern, default: []].append(key)
        }
        // One that is named twice was there the first time.
        return patterns.map { (removed.removeValue(forKey: $0) ?? []).sorted { ($0.route ?? "") < ($1.route ?? "") } }
    }

    package func entries(of keys: [SuppressionKey]) throws(SpoolError) -> [SuppressionKey: SuppressionEntry] {
        guard !keys.isEmpty else { return [:] }
        let rows = try run([PostgresQuery(Sql.find, SuppressionColumns.keys(keys))])[0]
        return Dictionary(Self.entries(rows).map { ($0.key, $0) }) { $1 }
    }

    package func entries(
        of patterns: [SuppressionPattern], route: String?
    ) throws(SpoolError) -> [[SuppressionEntry]] {
        guard !patterns.isEmpty else { return [] }
        let rows = try run(
            Sql.findPatterns, .array(PostgresArray(patterns.lazy.map(\.text))), PostgresValue(route))
        let entries = Dictionary(grouping: Self.entries(rows), by: \.key.pattern)
        return patterns.map { entries[$0] ?? [] }
    }

    package func entries(after last: SuppressionKey?, limit: Int) throws(SpoolError) -> [SuppressionEntry] {
        Self.entries(
            try run(Sql.page, .text(last?.pattern.text ?? ""), .text(last?.route ?? ""), .integer(limit)))
    }

    package func removeExpired(at now: Timestamp, limit: Int) throws(SpoolError) -> [SuppressionKey] {
        let rows = try run(Sql.removeExpired, .integer(Int(now.milliseconds)), .integer(limit))
        return (0..<rows.count).map { Self.key(rows, $0) }
    }

    private static func key(_ rows: any PostgresRows, _ row: Int) -> SuppressionKey {
        let route = rows.text(row, 1)
        return SuppressionKey(SuppressionPattern(stored: rows.text(row, 0)), route: route.isEmpty ? nil : route)
    }

    private static func entries(_ rows: any PostgresRows) -> [SuppressionEntry] {
        (0..<rows.count).map { row in
            SuppressionEntry(
                key(rows, row), reason: rows.text(row, 2),
                source: SuppressionSource(rawValue: rows.text(row, 3)) ?? .operator,
                addedBy: rows.optionalText(row, 4), addedAt: Timestamp(milliseconds: Int64(rows.integer(row, 5))),
                expiresAt: rows.optionalInteger(row, 6).map { Timestamp(milliseconds: Int64($0)) })
        }
    }

    // MARK: Bounces

    package func tallies(of addresses: [String]) throws(SpoolError) -> [String: BounceTally] {
        guard !addresses.isEmpty else { return [:] }
        let rows = try run(Sql.tallies, .array(PostgresArray(addresses)))
        let pairs = (0..<rows.count).map { (rows.text($0, 0), BounceTally(stored: rows.text($0, 1))) }
        return Dictionary(pairs) { $1 }
    }

    package func set(_ tallies: [BounceCount.Counted]) throws(SpoolError) {
        guard !tallies.isEmpty else { return }
        try run(
            Sql.setTallies, .array(PostgresArray(tallies.lazy.map(\.address))),
            .array(PostgresArray(tallies.lazy.map(\.tally.text))),
            .array(PostgresArray(tallies.lazy.map { Int($0.lastAt.milliseconds) })))
    }

    package func removeTallies(of addresses: [String]) throws(SpoolError) {
        guard !addresses.isEmpty else { return }
        try run(Sql.removeTallies, .array(PostgresArray(addresses)))
    }

    package func removeTallies(before moment: Timestamp, limit: Int) throws(SpoolError) -> Int {
        try run(Sql.forgetTallies, .integer(Int(moment.milliseconds)), .integer(limit)).affected
    }
}
