/// The tables of the spool. Columns that `spool.sqlite3` has too mean the same here.
enum SpoolTables {
    /// - `message` is small, and half of each page stays free: a change copies little, finds room on its page, and touches no
    ///   index.
    /// - Content is never compressed. Up to 7,900 octets it is in `content`, of which PostgreSQL stores what is long in parts
    ///   of 2,000, since two messages of 4 KiB do not fit on a page; beyond, in rows of `chunk` that fill a page each.
    static let sql = [
        """
        CREATE TABLE node (
            name text COLLATE "C" PRIMARY KEY,
            epoch bigint NOT NULL,
            last_group bigint NOT NULL,
            process integer NOT NULL
        ) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
        """,
        """
        CREATE FUNCTION hold(holder text, held bigint, number bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE node SET last_group = number WHERE name = holder AND epoch = held;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node % has been taken over', holder USING ERRCODE = 'PH001';
            END IF;
        END $$
        """,
        """
        CREATE TABLE message (
            id bigint PRIMARY KEY,
            received_at bigint NOT NULL,
            next_attempt_at bigint,
            open_at bigint,
            release_at bigint,
            chunks bigint,
            checksum bigint NOT NULL,
            octets bigint NOT NULL,
            size bigint NOT NULL,
            cycles integer NOT NULL,
            ledger integer NOT NULL,
            priority smallint NOT NULL,
            flags smallint NOT NULL,
            body smallint NOT NULL,
            sender text,
            message_id text NOT NULL,
            origin text NOT NULL,
            recipients text NOT NULL,
            open_upstream text,
            open_recipients text,
            "user" text,
            options text,
            routing text,
            notice text,
            bound_upstream text
        ) WITH (fillfactor = 50, \(TableCare.queue))
        """,
        """
        CREATE TABLE content (id bigint PRIMARY KEY, header bytea NOT NULL, body bytea)
            WITH (\(TableCare.queue), \(TableCare.longValues))
        """,
        """
        CREATE TABLE chunk (content bigint, number integer, bytes bytea NOT NULL, PRIMARY KEY (content, number))
            WITH (toast_tuple_target = 8160, \(TableCare.queue))
        """,
        "CREATE TABLE stream (content bigint PRIMARY KEY, node text NOT NULL)",
        """
        CREATE TABLE attempt (
            message bigint,
            number integer,
            started_at bigint NOT NULL,
            ended_at bigint NOT NULL,
            dot_sent boolean,
            upstream text NOT NULL,
            recipients text NOT NULL,
            outcome text NOT NULL,
            phase text NOT NULL,
            reply text NOT NULL,
            tls text,
            PRIMARY KEY (message, number)
        ) WITH (\(TableCare.queue))
        """,
        """
        CREATE TABLE resubmission (
            key bytea PRIMARY KEY,
            id bigint NOT NULL,
            expires_at bigint NOT NULL,
            envelope bytea
        )
        """,
        "CREATE INDEX resubmission_expiry ON resubmission (expires_at)",
        "CREATE INDEX resubmission_message ON resubmission (id)",
        """
        CREATE TABLE history (first bigint PRIMARY KEY, last bigint NOT NULL, at bigint NOT NULL, entries bytea NOT NULL)
            WITH (toast_tuple_target = 8160, \(TableCare.batches), \(TableCare.longValues))
        """,
        """
        CREATE TABLE kept_content (
            number bigint PRIMARY KEY,
            id bigint NOT NULL,
            octets bigint NOT NULL,
            checksum bigint NOT NULL,
            chunks bigint
        )
        """,
        """
        CREATE TABLE outbox (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            message bigint NOT NULL,
            at bigint NOT NULL,
            retry_from bigint NOT NULL,
            not_before bigint NOT NULL DEFAULT 0,
            attempts integer NOT NULL DEFAULT 0,
            dead boolean NOT NULL DEFAULT false,
            webhook text COLLATE "C" NOT NULL,
            reason text,
            payload bytea NOT NULL
        )
        """,
        "CREATE INDEX outbox_webhook ON outbox (webhook, dead, number)",
        "CREATE INDEX outbox_message ON outbox (message, webhook, number)",
        "ALTER TABLE content ALTER header SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL",
        "ALTER TABLE chunk ALTER bytes SET STORAGE EXTERNAL",
        "ALTER TABLE history ALTER entries SET STORAGE EXTERNAL",
    ]
}
