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
                line.field("server_version", Self.words(version))
                line.field("synchronous_commit", synchrony.synchronousCommit)
                line.field("synchronous_standby_names", synchrony.synchronousStandbyNames)
            }
            if let risk = synchrony.risk { log(.warning, "database_no_standby") { $0.field("reason", risk) } }
        case .lost(let reason): log(.error, "database_lost") { $0.field("reason", reason) }
        }
    }

    /// 150018 is 15.18.
    private static func words(_ version: Int) -> String { "\(version / 10_000).\(version % 10_000)" }
}
