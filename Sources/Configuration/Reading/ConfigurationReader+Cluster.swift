/// Checks of the `[cluster]` table.
extension ConfigurationReader {
    mutating func checkCluster(_ cluster: ClusterDraft) {
        let path = ConfigurationPath.root.key("cluster")
        guard let text = cluster.database, let string = try? ConnectionString(text) else {
            guard !failures.contains(path.key("database")) else { return }
            if cluster.passwordFile != nil || cluster.node != nil {
                report(
                    .error, at: path, "the table says nothing of a database", "add database, or remove the table")
            }
            return
        }
        guard string.isRemote, !string.isVerified else { return }
        let mode = string.options["sslmode"].map { "sslmode=\($0)" } ?? "no sslmode"
        report(
            .warning, at: path.key("database"),
            "mail and password go to whoever answers as the database: it has \(mode), and its host is another machine",
            "add sslmode=verify-full, and sslrootcert=FILE unless the system's authorities have signed for it")
    }
}
