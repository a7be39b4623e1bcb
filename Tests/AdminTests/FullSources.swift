import Admin
import Alerts
import Audit
import Delivery
import Dialogue
import History
import Ingress
import Mail
import NIOPosix
import RoundTrips
import Spool
import Telemetry
import TestKit

extension AdminServer.Sources {
    /// With everything that a relay has, so that every route is served.
    ///
    /// - Parameter log: nil for none.
    static func full(
        audit log: AuditLog?, suppressions desk: SuppressionDesk? = nil, webhooks: WebhookDesk? = nil
    ) -> AdminServer.Sources {
        let (spool, controlled) = (FaultySpool(), ControlledUpstreams())
        return AdminServer.Sources(
            queue: LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings())),
            upstreams: { controlled.statuses }, detail: { controlled.detail($0) },
            control: { controlled.control($0, $1) }, correctQuota: { _, _ in .unknownUpstream },
            resolve: { controlled.resolve($0, $1, $2) },
            order: { controlled.order($0, $1, $2) },
            intake: MessageIntake(spool, hostname: "relay.example", capturing: [], now: { RunningAdmin.now }),
            history: AdminServer.Sources.History(source: NoHistory(), erase: { _, _ in 0 }, hashed: { $0 }),
            suppressions: desk, webhooks: webhooks,
            streams: StreamDesk(list: { [] }, pause: { _, _ in nil }, resume: { _, _ in nil }),
            alerts: AlertDesk(
                list: { AlertRule.defaults.map { AlertStatus(AlertGroup($0), nil, lead: .zero) } }, test: { _ in [] },
                silence: { _, _, _, _ in }, unsilence: { _, _, _ in }, report: { _ in }),
            roundTrips: RoundTripDesk(
                list: { [] }, run: { _, _ in AsyncStream { $0.finish() } },
                report: { TripReport(TripHistory(), from: $0, until: $1, now: $1, where: $2.matches) }),
            users: GuardDesk(.unused, lead: { .zero }),
            reload: { _ in ReloadDocument(changed: [], problems: []) },
            book: OrderBook(log, now: { RunningAdmin.now }), health: { HealthDocument() },
            ingress: IngressServer(
                settings: IngressSettings(), spool: spool, group: .singletonMultiThreadedEventLoopGroup,
                now: { RunningAdmin.now }, events: { _ in }), traces: .unused,
            metrics: RelayMetrics(upstreams: []), now: { RunningAdmin.now })
    }
}

/// Where nothing has left.
private struct NoHistory: HistorySource {
    func page(_ filter: HistoryFilter, before number: Int?, limit: Int) -> HistoryPage { HistoryPage() }

    func openContent(of number: Int) -> ContentReader? { nil }

    func nextPart(of reader: ContentReader) throws -> ContentPart { throw SpoolError(.missing, "nothing is here") }

    func add(
        _ filter: HistoryFilter, before number: Int?, to statistics: HistoryStatistics
    ) -> (statistics: HistoryStatistics, next: (number: Int, progress: Double)?) { (statistics, nil) }
}
