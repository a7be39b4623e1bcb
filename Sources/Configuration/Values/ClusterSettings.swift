/// The `[cluster]` table of relay.conf: the spool is in a PostgreSQL database.
package struct ClusterSettings: Hashable, Sendable {
    /// A connection string of libpq, or a URL; without a password.
    package var database: String
    /// The file with the password; nil if none is needed.
    package var passwordFile: String?
    /// Name of this relay there.
    package var node: String

    package init(database: String, passwordFile: String? = nil, node: String) {
        (self.database, self.passwordFile, self.node) = (database, passwordFile, node)
    }
}

/// The same while relay.conf is being read.
struct ClusterDraft: Sendable {
    var database: String?
    var passwordFile: String?
    var node: String?
}
