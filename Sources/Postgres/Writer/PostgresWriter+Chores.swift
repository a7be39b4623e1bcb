internal import Mail
internal import Spool

/// What may wait until the replies of a group are out, a part at a time; the rest comes after the next group.
extension PostgresWriter {
    private enum Statements {
        static let forgetHistory = PostgresStatement(
            "forget_history",
            """
            WITH gone AS (
                DELETE FROM history WHERE first < (SELECT min(first) FROM history) + $2::bigint AND last <= $1::bigint
                RETURNING octet_length(entries) AS octets)
            SELECT count(*), coalesce(sum(octets), 0)::bigint FROM gone
            """)
        private static let gone = "RETURNING id, octets, chunks"
        static let forgetContent = PostgresStatement(
            "forget_content",
            """
            DELETE FROM kept_content WHERE number IN
                (SELECT number FROM kept_content WHERE number <= $1::bigint ORDER BY number LIMIT $2::bigint) \(gone)
            """)
        static let eraseContent = PostgresStatement(
            "erase_content", "DELETE FROM kept_content WHERE number = ANY($1::bigint[]) \(gone)")
        static let expireKeys = PostgresStatement(
            "expire_keys",
            """
            DELETE FROM resubmission WHERE key IN
                (SELECT key FROM resubmission WHERE expires_at <= $1::bigint ORDER BY expires_at LIMIT $2::bigint)
            """)
        static let trimKeys = PostgresStatement(
            "trim_keys",
            """
            DELETE FROM resubmission WHERE key IN
                (SELECT key FROM resubmission ORDER BY expires_at LIMIT $1::bigint)
            """)
    }

    func runChores() {
        let erasures = chores.erasures
        chores.erasures = []
        for erasure in erasures { erase(erasure.numbers, erasure.done) }
        guard link != nil, nextRetry == nil else { return }
        // A group without changes removes what exceeds the limits of webhooks.
        if outbox?.isOverfull ?? false { again(.events(EventOrder(updates: []) { _ in })) }
        forgetDepartures()
        forgetContent()
        if Monotonic.now >= chores.nextExpiry || counts.keys > context.tuning.maxResubmissions { expireKeys() }
    }

    /// - Returns: nil after an error.
    private func attempt<Result>(
        _ body: (any PostgresSession) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        guard let link else { throw PostgresError(.connection, "there is no connection to the database") }
        do throws(PostgresError) {
            return try link.session.transaction { () throws(PostgresError) in try body(link.session) }
        } catch {
            if error.isFatal {
                lost(error)
            } else {
                nextRetry = Monotonic.now + context.tuning.retryInterval.wholeNanoseconds
            }
            throw error
        }
    }

    private func forgetDepartures() {
        guard let last = chores.departures else { return }
        let step = context.tuning.departureStep
        let removed = try? attempt { session throws(PostgresError) in
            let rows = try session.run(Statements.forgetHistory, .integer(last), .integer(step))
            return (count: rows.integer(0, 0), octets: rows.integer(0, 1))
        }
        guard let removed else { return }
        counts.departureOctets -= removed.octets
        noteCounts()
        SpoolStep.reached(.afterDeparturesForgotten)
        guard removed.count == 0 else { return again(.forgetDepartures(through: last)) }
        chores.departures = nil
    }

    private func forgetContent() {
        guard let last = chores.content else { return }
        let limit = context.tuning.contentStep
        let removed = try? attempt { session throws(PostgresError) in
            try self.removed(session.run(Statements.forgetContent, .integer(last), .integer(limit)), session)
        }
        guard let removed else { return }
        guard removed < limit else { return again(.forgetContent(through: last)) }
        chores.content = nil
    }

    private func erase(_ numbers: [Int], _ done: @Sendable (SpoolError?) -> Void) {
        do throws(PostgresError) {
            _ = try attempt { session throws(PostgresError) in
                try self.removed(session.run(Statements.eraseContent, .array(PostgresArray(numbers))), session)
            }
            done(nil)
        } catch {
            done(SpoolError(error))
        }
    }

    /// Removes the content of rows that are gone from `kept_content`.
    ///
    /// - Returns: how many there are.
    private func removed(_ rows: any PostgresRows, _ session: any PostgresSession) throws(PostgresError) -> Int {
        let places = 0..<rows.count
        guard !places.isEmpty else { return 0 }
        _ = try session.run([
            PostgresQuery(GroupStatements.deleteContents, places.map { rows.integer($0, 0) }),
            PostgresQuery(GroupStatements.deleteChunks, places.compactMap { rows.optionalInteger($0, 2) }),
        ])
        counts.keptOctets -= places.reduce(0) { $0 + rows.integer($1, 1) }
        noteCounts()
        return rows.count
    }

    private func expireKeys() {
        let (most, limit) = (context.tuning.maxResubmissions, context.tuning.expiryBatch)
        let early = max(0, min(limit, counts.keys - most))
        let now = Int(context.steady().milliseconds)
        chores.nextExpiry = Monotonic.now + context.tuning.maintenanceInterval.wholeNanoseconds
        guard counts.keys > 0 else { return }
        let removed = try? attempt { session throws(PostgresError) in
            let expired = try session.run(Statements.expireKeys, .integer(now), .integer(limit)).affected
            guard expired == 0, early > 0 else { return (expired, 0) }
            return (0, try session.run(Statements.trimKeys, .integer(early)).affected)
        }
        guard let (expired, trimmed) = removed else { return }
        counts.keys -= expired + trimmed
        noticeKeys(trimmed, most)
        if expired == limit || trimmed == limit { chores.nextExpiry = Monotonic.now }
    }

    /// Reports once that keys are removed early; again only after there have been clearly fewer.
    private func noticeKeys(_ early: Int, _ most: Int) {
        if early > 0, !chores.hasNoticedKeys {
            chores.hasNoticedKeys = true
            context.events(
                .notice(
                    "there are \(most) keys of messages that may come again: the oldest go before dedup_window is over")
            )
        } else if counts.keys < most / 10 * 9 {
            chores.hasNoticedKeys = false
        }
    }

    private func again(_ work: Work) { _ = context.inbox.append(work) }
}
