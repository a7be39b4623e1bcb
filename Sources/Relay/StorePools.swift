internal import Configuration
internal import Postgres

/// Connections to the database for what is not mail: searches, an import of suppressions, and small documents wait for
/// nobody but their own kind.
struct StorePools: Sendable {
    let history: PostgresPool
    let suppressions: PostgresPool
    let documents: PostgresPool

    init(_ settings: PostgresSettings) {
        history = PostgresPool(settings)
        suppressions = PostgresPool(settings)
        documents = PostgresPool(settings)
    }
}

extension RelayConfiguration {
    /// How to reach the database of the cluster; nil without one.
    var databaseSettings: PostgresSettings? {
        cluster.map {
            PostgresSettings(
                database: $0.database, passwordFile: $0.passwordFile, applicationName: "posthorse/\(nodeName)")
        }
    }
}
