internal import Configuration
internal import Postgres
internal import Telemetry

extension RelayCore {
    /// Logs and counts what happens between the spool and its database.
    func record(_ event: DatabaseEvent) {
        log.record(event)
        let node = live.configuration.nodeName
        switch event {
        case .connected: metrics.databaseConnected(node)
        case .lost: metrics.databaseLost(node)
        }
    }
}
