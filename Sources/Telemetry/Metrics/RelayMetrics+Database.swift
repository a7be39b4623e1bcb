import Synchronization

/// How the database of a cluster stands. Without one there are no such figures, as those of no node are none.
extension RelayMetrics {
    /// A connection for writing stands.
    ///
    /// - Parameter node: name of this relay in the database; always the same.
    package func databaseConnected(_ node: String) {
        let reconnects = store.sample(.databaseReconnects, node)
        if hasDatabase.exchange(true, ordering: .relaxed) { reconnects.add() }
        store.sample(.databaseUp, node).set(Int64(1))
    }

    package func databaseLost(_ node: String) { store.sample(.databaseUp, node).set(Int64(0)) }
}

extension MetricFamily {
    package static let database = [databaseUp, databaseReconnects]

    static let databaseUp = MetricFamily(
        "posthorse_database_up", .gauge, ["node"], "1 while the spool is connected to the database of the cluster.")
    static let databaseReconnects = MetricFamily(
        "posthorse_database_reconnects_total", .counter, ["node"],
        "Connections of the spool to the database after the first.")
}
