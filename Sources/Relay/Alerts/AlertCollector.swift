internal import Access
internal import Alerts
internal import Configuration
internal import Delivery
internal import Glibc
internal import Ingress
internal import Mail
internal import TLS
internal import Upstreams

/// Finds out how the relay is, for the alerts. What costs something is found out less often, and only if an alert is
/// about it. Owned by one task.
struct AlertCollector {
    let delivery: DeliveryService
    let gauge: QueueGauge
    let tally: AlertTally
    let routes: @Sendable () -> RouteTable
    let steady: @Sendable () -> Timestamp
    let wall: @Sendable () -> Timestamp

    /// How long an upstream may say nothing, after the start, before its closed circuit counts.
    private static let probation = Duration.seconds(120)
    private static let certificateInterval = Duration.seconds(60)
    private static let queueInterval = Duration.seconds(2)

    private let startedAt: Timestamp
    private var queue: QueueFacts?
    private var queueDueAt = Timestamp.distantPast
    private var certificates: [CertificateFacts]?
    private var certificatesDueAt = Timestamp.distantPast

    init(
        delivery: DeliveryService, gauge: QueueGauge, tally: AlertTally, routes: @escaping @Sendable () -> RouteTable,
        steady: @escaping @Sendable () -> Timestamp, wall: @escaping @Sendable () -> Timestamp
    ) {
        (self.delivery, self.gauge, self.tally, self.routes) = (delivery, gauge, tally, routes)
        (self.steady, self.wall) = (steady, wall)
        startedAt = steady()
    }

    mutating func facts(_ configuration: RelayConfiguration) async -> AlertFacts {
        var facts = AlertFacts()
        let kinds = Set(configuration.alerts.rules.map(\.kind))
        let isOnProbation = steady() - startedAt < Self.probation
        facts.upstreams = await delivery.upstreams().filter { !$0.isRemoved }.map {
            UpstreamFacts($0, isOnProbation: isOnProbation)
        }
        facts.routes = routes(configuration.delivery.upstreams.map(\.name))
        if !kinds.isDisjoint(with: [.queueAge, .queueDepth, .inDoubt]) { await lookAtQueue() }
        if kinds.contains(.certificate) { lookAtCertificates(configuration) }
        if kinds.contains(.disk) { facts.disk = Self.disk(configuration.spool) }
        (facts.queue, facts.certificates) = (queue, certificates)
        if !kinds.isDisjoint(with: [.acceptLatency, .deliveryLatency, .bounceRate]) {
            tally.add(to: &facts, upstreams: Set(facts.upstreams.map(\.name)))
        }
        return facts
    }

    /// A reload may come between the names and the table.
    private func routes(_ names: [String]) -> [RouteFacts] {
        func name(_ index: Int) -> String? { names.indices.contains(index) ? names[index] : nil }
        return routes().routes.map { route in
            RouteFacts(
                name: route.name, upstreams: route.upstreams.compactMap(name),
                lastResort: route.lastResort.flatMap(name), isOrdered: route.mode == .priority)
        }
    }

    // MARK: The spool

    /// Takes at most a twentieth of the time of a reader.
    private mutating func lookAtQueue() async {
        let began = steady()
        guard began >= queueDueAt else { return }
        if let found = await gauge.look() { queue = found }
        queueDueAt = steady() + max(Self.queueInterval, (steady() - began) * 20)
    }

    private static func disk(_ spool: SpoolSettings) -> DiskFacts? {
        var status = statvfs()
        guard statvfs(spool.path, &status) == 0 else { return nil }
        let unit = Int(clamping: status.f_frsize)
        return DiskFacts(
            path: spool.path, free: Int(clamping: status.f_bavail) * unit, total: Int(clamping: status.f_blocks) * unit,
            least: spool.minFreeSpace)
    }

    // MARK: Certificates

    private mutating func lookAtCertificates(_ configuration: RelayConfiguration) {
        guard steady() >= certificatesDueAt else { return }
        certificatesDueAt = steady() + Self.certificateInterval
        let listeners = configuration.ingress.listeners.filter { $0.tls != nil }.flatMap(\.certificates)
        let paths = Set(listeners + (configuration.http.tls == nil ? [] : configuration.http.certificates))
        let now = wall()
        certificates = paths.sorted().compactMap { path in
            guard let end = try? CertificateFile.end(of: path) else { return nil }
            return CertificateFacts(path: path, rest: Timestamp(milliseconds: Int64(end) * 1000) - now)
        }
    }
}

extension UpstreamFacts {
    fileprivate init(_ status: UpstreamStatus, isOnProbation: Bool) {
        self.init(name: status.name)
        isClosed = status.circuit == .closed
        isEnabled = status.adminOverride.state == .enabled
        share = status.share
        isProven =
            !isOnProbation || !isClosed || status.deliveredTotal + status.failedTotal > 0
            || status.probesSucceeded + status.probesFailed > 0
        refusesAccount = status.refusesAccount
        lastError = status.lastError
    }
}
