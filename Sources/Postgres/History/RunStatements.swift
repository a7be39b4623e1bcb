/// What the history asks of the database.
enum RunStatements {
    static let next = PostgresStatement("run_next", "SELECT nextval('history_run_number')")

    /// Repeated without harm.
    static let write = PostgresStatement(
        "run_write",
        """
        INSERT INTO history_run_part (run, number, bytes)
        SELECT $1::bigint, p.number, p.bytes FROM unnest($2::bigint[], $3::bytea[]) AS p (number, bytes)
        ON CONFLICT (run, number) DO UPDATE SET bytes = excluded.bytes
        """)

    /// Repeated without harm, even late: a run takes the place of older ones only, and only if it is whole.
    static let publish = PostgresStatement(
        "run_publish",
        """
        WITH former AS (SELECT run FROM history_run WHERE first = $1::bigint),
        published AS (
            INSERT INTO history_run AS r (first, last, octets, run)
            SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint
            WHERE (SELECT count(*) FROM history_run_part WHERE run = $4::bigint) = $5::bigint
            ON CONFLICT (first) DO UPDATE SET last = excluded.last, octets = excluded.octets, run = excluded.run
            WHERE r.run < excluded.run
            RETURNING run
        )
        DELETE FROM history_run_part WHERE run IN (SELECT f.run FROM former AS f, published AS p WHERE f.run <> p.run)
        """)
    static let number = PostgresStatement("run_number", "SELECT run FROM history_run WHERE first = $1::bigint")

    /// What has no run, because a relay died while it wrote it.
    static let tidy = PostgresStatement(
        "run_tidy",
        """
        DELETE FROM history_run_part AS p WHERE NOT EXISTS (SELECT FROM history_run AS r WHERE r.run = p.run)
        """)
    static let discard = PostgresStatement("run_discard", "DELETE FROM history_run_part WHERE run = $1::bigint")

    static let remove = PostgresStatement(
        "run_remove",
        """
        WITH removed AS (DELETE FROM history_run WHERE first = $1::bigint RETURNING run)
        DELETE FROM history_run_part WHERE run IN (SELECT run FROM removed)
        """)

    static let list = PostgresStatement(
        "run_list",
        """
        SELECT r.first, r.last, substring(p.bytes FROM 1 FOR \(PostgresRun.headSize)) FROM history_run AS r
        LEFT JOIN history_run_part AS p ON p.run = r.run AND p.number = 0 ORDER BY r.first
        """)
    static let open = PostgresStatement(
        "run_open",
        """
        SELECT r.run, r.octets, substring(p.bytes FROM 1 FOR \(PostgresRun.headSize)) FROM history_run AS r
        LEFT JOIN history_run_part AS p ON p.run = r.run AND p.number = 0 WHERE r.first = $1::bigint
        """)

    static let part = PostgresStatement(
        "run_part", "SELECT bytes FROM history_run_part WHERE run = $1::bigint AND number = $2::bigint")
    /// Reads no more of the part than that, as it is not compressed.
    static let piece = PostgresStatement(
        "run_piece",
        """
        SELECT substring(bytes FROM $3::bigint::integer + 1 FOR $4::bigint::integer) FROM history_run_part
        WHERE run = $1::bigint AND number = $2::bigint
        """)

    static let key = PostgresStatement("run_key", "SELECT content FROM document WHERE name = 'history.key'")
    static let makeKey = PostgresStatement(
        "run_key_make",
        """
        INSERT INTO document (name, content, changed_at)
        VALUES ('history.key', $1::bytea, (extract(epoch FROM now()) * 1000)::bigint) ON CONFLICT (name) DO NOTHING
        """)
    static let dropDamagedKey = PostgresStatement(
        "run_key_drop", "DELETE FROM document WHERE name = 'history.key.damaged'")
    static let moveKey = PostgresStatement(
        "run_key_move",
        "UPDATE document SET name = 'history.key.damaged' WHERE name = 'history.key' AND content = $1::bytea")
}
