/// The tables of the history's runs.
enum HistoryRunTables {
    /// - A run is there once it is in `history_run`; its octets are written before, under a number that is never used again.
    /// - Parts are stored as they are, so that a few octets of one can be read alone.
    static let sql = [
        """
        CREATE TABLE history_run (
            first bigint PRIMARY KEY,
            last bigint NOT NULL,
            octets bigint NOT NULL,
            run bigint NOT NULL UNIQUE
        )
        """,
        "CREATE SEQUENCE history_run_number",
        """
        CREATE TABLE history_run_part (
            run bigint,
            number integer,
            bytes bytea NOT NULL,
            PRIMARY KEY (run, number)
        )
        """,
        "ALTER TABLE history_run_part ALTER bytes SET STORAGE EXTERNAL",
    ]
}
