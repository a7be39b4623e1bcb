/// The table of small documents: operators' overrides, quotas, streams, alerts. Each is what would be a file of that name
/// beside the spool.
package enum DocumentTables {
    package static let sql = [
        """
        CREATE TABLE document (
            name text COLLATE "C" PRIMARY KEY,
            content bytea NOT NULL,
            changed_at bigint NOT NULL
        )
        """
    ]
}
