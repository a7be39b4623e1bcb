internal import Admin
internal import Synchronization
internal import Telemetry

/// Logs and counts what happens to the API over TCP.
final class AccessLog: Sendable {
    private let log: EventLog
    private let connections: MetricSample
    private let refusals: [AccessRefusal: MetricSample]
    private let lines = Mutex(RefusalLines())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(
        _ log: EventLog, _ store: MetricStore, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.log = log
        self.now = now
        connections = store.sample(.apiConnections)
        refusals = Dictionary(
            uniqueKeysWithValues: AccessRefusal.allCases.map { ($0, store.sample(.apiRefusals, $0.rawValue)) })
    }

    func record(_ event: AccessEvent) {
        switch event {
        case .listening(let address, let isEncrypted):
            log.log(.notice, "api_listening") { line in
                line.field("address", address)
                line.field("tls", isEncrypted ? "yes" : "no")
            }
        case .opened: connections.add()
        case .closed: connections.add(-1)
        case .refused(let reason, let client, let token):
            refusals[reason]?.add()
            refused(reason, client, token)
        case .reloaded(let what): log.reloaded(what: what)
        case .reloadFailed(let what, let reason):
            log.reloadFailed(what: what, reason: reason)
        }
    }

    private func refused(_ reason: AccessRefusal, _ client: String, _ token: String?) {
        // Whoever says nothing guesses nothing: browsers and probes begin so.
        guard reason != .noToken else { return }
        let moment = now()
        guard let leftOut = lines.withLock({ $0.add(reason, of: client, at: moment) }) else { return }
        log.log(.notice, "api_refused") { line in
            line.field("client", client)
            line.field("reason", reason.rawValue)
            line.field("token", token)
            if leftOut > 0 { line.field("count", leftOut) }
        }
    }
}
