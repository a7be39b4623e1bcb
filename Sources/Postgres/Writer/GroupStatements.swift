internal import Mail
internal import Spool

/// The statements of a group: a few with arrays, whatever the group holds.
enum GroupStatements {
    // MARK: Reading

    static let hold = PostgresStatement("hold", "SELECT hold($1::text, $2::bigint, $3::bigint)")
    static let messages = PostgresStatement(
        "messages", "SELECT \(MessageColumns.list) FROM message WHERE id = ANY($1::bigint[])")
    static let outlines = PostgresStatement(
        "outlines", "SELECT id, octets, ledger, chunks, checksum FROM message WHERE id = ANY($1::bigint[])")
    static let attempts = PostgresStatement(
        "attempts",
        "SELECT \(AttemptRecord.columns) FROM attempt WHERE message = ANY($1::bigint[]) ORDER BY message, number")
    static let keys = PostgresStatement(
        "keys",
        """
        SELECT r.key, r.id, r.envelope, r.expires_at, m.recipients FROM resubmission r
        LEFT JOIN message m ON m.id = r.id WHERE r.key = ANY($1::bytea[])
        """)
    /// The first octets of contents: the header, the body, and as many chunks as the third parameter says.
    static let contents = PostgresStatement(
        "contents",
        """
        SELECT m.id, m.octets, c.header, c.body, (SELECT string_agg(k.bytes, ''::bytea ORDER BY k.number)
            FROM chunk k WHERE k.content = m.chunks AND k.number < $2::bigint)
        FROM message m JOIN content c ON c.id = m.id WHERE m.id = ANY($1::bigint[])
        """)

    // MARK: Writing

    static let insertMessages = PostgresStatement(
        "insert_messages",
        """
        INSERT INTO message (id, received_at, next_attempt_at, release_at, chunks, checksum, octets, size, cycles, ledger,
            priority, flags, body, sender, message_id, origin, recipients, "user", options, routing, notice,
            bound_upstream)
        SELECT id, received_at, next_attempt_at, release_at, chunks, checksum, octets, size, cycles, 0,
            priority, flags, body, sender, message_id, origin, recipients, "user", options, routing, notice,
            bound_upstream
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[],
            $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[])
            AS u (id, received_at, next_attempt_at, release_at, chunks, checksum, octets, size, cycles, priority, flags,
                body, sender, message_id, origin, recipients, "user", options, routing, notice, bound_upstream)
        """)
    static let insertContents = PostgresStatement(
        "insert_contents",
        "INSERT INTO content SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])")
    static let insertChunks = PostgresStatement(
        "insert_chunks", "INSERT INTO chunk SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])")
    static let openStreams = PostgresStatement(
        "open_streams", "INSERT INTO stream SELECT content, $2::text FROM unnest($1::bigint[]) AS u (content)")
    static let closeStreams = PostgresStatement("close_streams", "DELETE FROM stream WHERE content = ANY($1::bigint[])")
    static let begin = PostgresStatement(
        "begin_attempts",
        """
        UPDATE message SET open_at = u.at, open_upstream = u.upstream, open_recipients = u.recipients
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS u (id, at, upstream, recipients)
        WHERE message.id = u.id
        """)
    static let update = PostgresStatement(
        "update_messages",
        """
        UPDATE message SET recipients = u.recipients, next_attempt_at = u.next, flags = u.flags, cycles = u.cycles,
            ledger = u.ledger, bound_upstream = u.bound, release_at = coalesce(u.release, message.release_at),
            open_at = u.at, open_upstream = u.upstream, open_recipients = u.open
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
            $8::bigint[], $9::bigint[], $10::text[], $11::text[])
            AS u (id, recipients, next, flags, cycles, ledger, bound, release, at, upstream, open)
        WHERE message.id = u.id
        """)
    static let insertAttempts = PostgresStatement(
        "insert_attempts",
        """
        INSERT INTO attempt (message, number, started_at, ended_at, dot_sent, upstream, recipients, outcome, phase, reply,
            tls)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[],
            $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
        """)
    static let deleteMessages = PostgresStatement(
        "delete_messages", "DELETE FROM message WHERE id = ANY($1::bigint[])")
    static let deleteContents = PostgresStatement(
        "delete_contents", "DELETE FROM content WHERE id = ANY($1::bigint[])")
    static let deleteChunks = PostgresStatement(
        "delete_chunks", "DELETE FROM chunk WHERE content = ANY($1::bigint[])")
    static let deleteAttempts = PostgresStatement(
        "delete_attempts", "DELETE FROM attempt WHERE message = ANY($1::bigint[])")
    static let keepContents = PostgresStatement(
        "keep_contents",
        """
        INSERT INTO kept_content (number, id, octets, checksum, chunks)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
        """)
    static let insertHistory = PostgresStatement(
        "insert_history",
        "INSERT INTO history (first, last, at, entries) VALUES ($1::bigint, $2::bigint, $3::bigint, $4::bytea)")
    static let insertKeys = PostgresStatement(
        "insert_keys",
        """
        INSERT INTO resubmission (key, id, expires_at, envelope)
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[])
        ON CONFLICT (key) DO UPDATE
            SET id = excluded.id, expires_at = excluded.expires_at, envelope = excluded.envelope
        """)
    static let forgetKeys = PostgresStatement(
        "forget_keys", "DELETE FROM resubmission WHERE id = ANY($1::bigint[])")
    static let insertEvents = PostgresStatement(
        "insert_events",
        """
        INSERT INTO outbox (webhook, message, at, retry_from, payload)
        SELECT webhook, message, at, at, payload
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY
            AS u (webhook, message, at, payload, place)
        ORDER BY place
        """)
}
