internal import Mail
internal import Postgres
internal import Telemetry

extension EventLog {
    /// Logs what happens between the spool and its database.
    func record(_ event: DatabaseEvent) {
        switch event {
        case .connected(let host, let version, let synchrony):
            log(.notice, "database_connected") { line in
                line.field("host", host)
                line.field("server_version", version.postgresVersion)
                line.field("synchronous_commit", synchrony.synchronousCommit)
                line.field("synchronous_standby_names", synchrony.synchronousStandbyNames)
            }
            if let risk = synchrony.risk { log(.warning, "database_no_standby") { $0.field("reason", risk) } }
        case .lost(let reason): log(.error, "database_lost") { $0.field("reason", reason) }
        }
    }
}
