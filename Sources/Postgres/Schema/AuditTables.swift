/// The table of the audit log. Explained in docs/audit.md.
package enum AuditTables {
    package static let sql = [
        """
        CREATE TABLE audit (
            number bigint PRIMARY KEY,
            record bytea NOT NULL,
            at bigint NOT NULL
        )
        """
    ]
}
