package import Audit
internal import Mail

/// The lines of the audit log in the table `audit`.
package struct PostgresAudit: AuditRows {
    private static let last = PostgresStatement(
        "audit_last", "SELECT number, record, at FROM audit ORDER BY number DESC LIMIT 1")
    private static let page = PostgresStatement(
        "audit_page",
        "SELECT number, record, at FROM audit WHERE number > $1::bigint ORDER BY number LIMIT $2::bigint")
    private static let append = PostgresStatement(
        "audit_append",
        """
        INSERT INTO audit (number, record, at) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])
        WHERE CASE WHEN $4::bigint = 0 THEN NOT EXISTS (SELECT FROM audit)
            ELSE EXISTS (
                SELECT FROM (SELECT number, record FROM audit ORDER BY number DESC LIMIT 1) AS ending
                WHERE ending.number = $4::bigint AND ending.record = $5::bytea)
            END
        """)

    private let source: any PostgresSource

    package init(_ source: any PostgresSource) {
        self.source = source
    }

    package var place: String { "the database" }

    package func last() throws(AuditError) -> AuditRow? {
        try rows([PostgresQuery(Self.last)]).first
    }

    package func rows(after number: Int, limit: Int) throws(AuditError) -> [AuditRow] {
        try rows([PostgresQuery(Self.page, [.integer(number), .integer(limit)])])
    }

    private func rows(_ queries: [PostgresQuery]) throws(AuditError) -> [AuditRow] {
        do throws(PostgresError) {
            let rows = try source.repeatable(queries)[0]
            return (0..<rows.count).map { row in
                AuditRow(
                    number: rows.integer(row, 0), line: rows.bytes(row, 1),
                    at: Timestamp(milliseconds: Int64(rows.integer(row, 2))))
            }
        } catch {
            throw AuditError(.system, "cannot read the audit log in the database: \(error.message)")
        }
    }

    package func append(_ rows: [AuditRow], after last: AuditRow?) throws(AuditError) -> Bool {
        var (numbers, lines, times) = (PostgresArray(.integer), PostgresArray(.bytes), PostgresArray(.integer))
        for row in rows {
            numbers.append(row.number)
            lines.append(octets: row.line)
            times.append(Int(row.at.milliseconds))
        }
        let values: [PostgresValue] = [
            .array(numbers), .array(lines), .array(times), .integer(last?.number ?? 0), .bytes(last?.line ?? []),
        ]
        do throws(SettledTransaction.Failure) {
            return try SettledTransaction(source: source).run { session throws(PostgresError) in
                try session.run([PostgresQuery(Self.append, values)])[0].affected == rows.count
            }
        } catch {
            // Another relay was faster.
            if error.error.state == "23505" { return false }
            throw AuditError(
                error.state == .unsettled ? .unsettled : .system,
                "cannot write the audit log in the database: \(error.error.message)")
        }
    }
}
