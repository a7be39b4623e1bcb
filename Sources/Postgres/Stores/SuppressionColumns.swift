internal import Mail
internal import Suppression

/// Suppressions as the columns of their table.
struct SuppressionColumns {
    private var pattern = PostgresArray(.text)
    private var route = PostgresArray(.text)
    private var reason = PostgresArray(.text)
    private var source = PostgresArray(.text)
    private var addedBy = PostgresArray(.text)
    private var addedAt = PostgresArray(.integer)
    private var expiresAt = PostgresArray(.integer)

    mutating func append(_ entry: SuppressionEntry) {
        append(entry.key)
        reason.append(entry.reason)
        source.append(entry.source.rawValue)
        addedBy.append(entry.addedBy)
        addedAt.append(Int(entry.addedAt.milliseconds))
        expiresAt.append(entry.expiresAt.map { Int($0.milliseconds) })
    }

    private mutating func append(_ key: SuppressionKey) {
        pattern.append(key.pattern.text)
        route.append(key.route ?? "")
    }

    /// Patterns and routes.
    var keys: [PostgresValue] { [.array(pattern), .array(route)] }

    /// In the order of ``SuppressionStatements/columns``.
    var all: [PostgresValue] {
        keys + [.array(reason), .array(source), .array(addedBy), .array(addedAt), .array(expiresAt)]
    }

    static func keys(_ keys: some Sequence<SuppressionKey>) -> [PostgresValue] {
        var columns = SuppressionColumns()
        for key in keys { columns.append(key) }
        return columns.keys
    }
}

/// What ``PostgresSuppressions`` asks the database.
enum SuppressionStatements {
    static let columns = "pattern, route, reason, source, added_by, added_at, expires_at"

    /// A statement must not wait for longer than a connection may be silent.
    static let patience = PostgresStatement("suppression_patience", "SET LOCAL lock_timeout = '5s'")
    /// The number is arbitrary, and the same in all releases.
    static let lock = PostgresStatement("suppression_lock", "SELECT pg_advisory_xact_lock(1886352739, 1)")
    static let known = PostgresStatement(
        "suppression_known",
        """
        SELECT given.number FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (pattern, route, number)
        JOIN suppression USING (pattern, route)
        """)
    static let set = PostgresStatement(
        "suppression_set",
        """
        INSERT INTO suppression (\(columns))
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
        ON CONFLICT (pattern, route) DO UPDATE SET reason = excluded.reason, source = excluded.source,
            added_by = excluded.added_by, added_at = excluded.added_at, expires_at = excluded.expires_at
        """)
    static let remove = PostgresStatement(
        "suppression_remove",
        """
        DELETE FROM suppression USING unnest($1::text[], $2::text[]) AS given (pattern, route)
        WHERE suppression.pattern = given.pattern AND suppression.route = given.route
        """)
    static let removePatterns = PostgresStatement(
        "suppression_remove_patterns",
        """
        DELETE FROM suppression WHERE pattern = ANY ($1::text[]) AND ($2::text IS NULL OR route = $2::text)
        RETURNING pattern, route
        """)
    static let find = PostgresStatement(
        "suppression_find",
        """
        SELECT \(columns) FROM unnest($1::text[], $2::text[]) AS given (pattern, route)
        JOIN suppression USING (pattern, route)
        """)
    static let findPatterns = PostgresStatement(
        "suppression_find_patterns",
        """
        SELECT \(columns) FROM suppression
        WHERE pattern = ANY ($1::text[]) AND ($2::text IS NULL OR route = $2::text) ORDER BY pattern, route
        """)
    static let page = PostgresStatement(
        "suppression_page",
        """
        SELECT \(columns) FROM suppression WHERE (pattern, route) > ($1::text, $2::text)
        ORDER BY pattern, route LIMIT $3::bigint
        """)
    static let removeExpired = PostgresStatement(
        "suppression_remove_expired",
        """
        DELETE FROM suppression WHERE expires_at <= $1::bigint AND ctid = ANY (ARRAY(
            SELECT ctid FROM suppression WHERE expires_at <= $1::bigint LIMIT $2::bigint))
        RETURNING pattern, route
        """)
    static let tallies = PostgresStatement(
        "bounce_tallies", "SELECT address, tally FROM bounce WHERE address = ANY ($1::text[])")
    static let setTallies = PostgresStatement(
        "bounce_set",
        """
        INSERT INTO bounce (address, tally, last_at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
        ON CONFLICT (address) DO UPDATE SET tally = excluded.tally, last_at = excluded.last_at
        """)
    static let removeTallies = PostgresStatement(
        "bounce_remove", "DELETE FROM bounce WHERE address = ANY ($1::text[])")
    static let forgetTallies = PostgresStatement(
        "bounce_forget",
        """
        DELETE FROM bounce WHERE last_at < $1::bigint AND ctid = ANY (ARRAY(
            SELECT ctid FROM bounce WHERE last_at < $1::bigint LIMIT $2::bigint))
        """)
}
