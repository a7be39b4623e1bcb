/// How PostgreSQL looks after tables whose rows come and go within seconds: the safety net below the relay's own `VACUUM`.
enum TableCare {
    /// By numbers of rows, not by shares of a table. The end of a table is never cut off: that locks out the writer.
    static let queue = parameters(threshold: 20_000, inserts: 400_000, analyze: 100_000)
    /// For few, larger rows.
    static let batches = parameters(threshold: 1000, inserts: 20_000, analyze: 20_000)
    /// For the values of a table that are too long for its pages; analysis is not theirs.
    static let longValues = """
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000, \
        toast.autovacuum_vacuum_cost_delay = 1, toast.vacuum_truncate = off
        """

    private static func parameters(threshold: Int, inserts: Int, analyze: Int) -> String {
        """
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = \(threshold), \
        autovacuum_vacuum_cost_delay = 1, autovacuum_vacuum_insert_scale_factor = 0, \
        autovacuum_vacuum_insert_threshold = \(inserts), autovacuum_analyze_scale_factor = 0, \
        autovacuum_analyze_threshold = \(analyze), vacuum_truncate = off
        """
    }
}
