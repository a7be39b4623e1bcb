internal import Admin
internal import Alerts
internal import Configuration
internal import Delivery
internal import History
internal import Ingress
internal import Mail
internal import Spool
internal import Suppression
internal import Telemetry
internal import Upstreams
internal import Webhooks

/// The parts of a relay that other settings reach while it runs.
struct RunningRelay: ReloadableRelay {
    let live: LiveConfiguration
    let ingress: IngressServer
    let delivery: DeliveryService
    let roundTrips: RelayRoundTrips
    let spool: any RelaySpool
    let history: HistoryStore
    let suppressions: SuppressionStore
    let webhooks: WebhookBook
    let courier: WebhookCourier
    let alerts: AlertBoard
    /// nil if the API is not served over TCP.
    let http: HTTPEndpoint?
    let log: EventLog
    let metrics: RelayMetrics
    /// Descriptors that the process may have.
    let descriptors: Int
    let now: @Sendable () -> Timestamp

    /// Messages per look into the queue.
    private static let pageSize = 1000

    func rehearse(_ configuration: RelayConfiguration) async throws {
        try await ingress.rehearse(settings(of: configuration))
    }

    func prepare(_ configuration: RelayConfiguration) async throws -> IngressChange {
        try await ingress.prepare(settings(of: configuration))
    }

    private func settings(of configuration: RelayConfiguration) -> IngressSettings {
        var settings = configuration.ingress
        settings.limits.totalConnections = configuration.descriptorBudget(within: descriptors).connections
        return settings
    }

    func doubts(at upstreams: Set<String>) async -> [String: Int] {
        var counts: [String: Int] = [:]
        var last: QueueID?
        repeat {
            let page = try? await spool.scan(after: last, limit: Self.pageSize, into: counts) { counts, message in
                for name in message.doubts.intersection(upstreams) { counts[name, default: 0] += 1 }
            }
            guard let page else { return counts }
            (counts, last) = (page.result, page.last)
        } while last != nil
        return counts
    }

    func discard(_ change: IngressChange) async { await ingress.discard(change) }

    func commit(_ configuration: RelayConfiguration, _ change: IngressChange) async {
        configuration.warnIfShort(of: descriptors, after: live.configuration, log)
        var hasOtherTimes = false
        await ingress.commit(change) {
            hasOtherTimes = await delivery.replace(with: configuration.delivery)
            metrics.replace(
                upstreams: configuration.delivery.upstreams.map(\.name),
                routes: configuration.delivery.routeTable.routes.map(\.name))
            live.replace(with: configuration)
            live.apply(suppressions.index, now: now)
        }
        metrics.replace(
            notify: configuration.alerts.sinks.map(\.name), former: alerts.settings.sinks.map(\.name))
        alerts.replace(with: configuration.alerts)
        await roundTrips.replace(with: configuration)
        spool.replace(with: configuration.spool)
        history.replace(with: configuration.history)
        suppressions.replace(with: configuration.delivery.suppression)
        webhooks.replace(with: configuration.webhooks)
        courier.replace(with: configuration.webhooks)
        log.replace(configuration.logFormat)
        log.threshold = configuration.logLevel
        http?.replace(
            with: configuration.http, hostname: configuration.hostname,
            connections: configuration.descriptorBudget(within: descriptors).apiConnections)
        // Last, because it reads the whole queue: nothing else waits for that.
        if hasOtherTimes { await delivery.renew() }
    }

    func readCertificates(always: Bool) {
        ingress.reloadCertificates(always: always)
        if always { http?.reloadCertificate(always: true) }
    }

    func replace(users: [UserSettings]) {
        live.replace(usersOfFile: users)
        ingress.replace(users: live.configuration.ingress.users + users)
    }
}

extension MessageGlance {
    /// The upstreams at which recipients are in doubt.
    fileprivate var doubts: Set<String> {
        var names: Set<String> = []
        forEachRecipient { recipient in
            if recipient.state == Recipient.State.inDoubt.rawValue { names.insert(recipient.upstream) }
            return true
        }
        return names
    }
}
