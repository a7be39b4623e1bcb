internal import Access
internal import Alerts
internal import Configuration
internal import Delivery
internal import Glibc
internal import Ingress
internal import Mail
internal import Spool
internal import TLS
internal import Upstreams

/// Finds out how the relay is, for the alerts. What costs something is found out less often, and only if an alert is
/// about it. Owned by one task.
struct AlertCollector {
    let upstreams: @Sendable () async -> [UpstreamStatus]
    /// Those that the relay has paused, with the reasons.
    let pausedStreams: @Sendable () async -> [String: String]
    let queue: QueueWatch
    let tally: AlertTally
    /// Users whose mail is unusual.
    let suspected: @Sendable () -> [String]
    let roundTrips: @Sendable () async -> [RoundTripFacts]
    let steady: @Sendable () -> Timestamp
    let wall: @Sendable () -> Timestamp

    /// How long an upstream may say nothing, after the start, before its closed circuit counts.
    private static let probation = Duration.seconds(120)
    private static let certificateInterval = Duration.seconds(60)

    private let startedAt: Timestamp
    private var certificates: [CertificateFacts]?
    private var certificatesDueAt = Timestamp.distantPast

    init(
        upstreams: @escaping @Sendable () async -> [UpstreamStatus],
        pausedStreams: @escaping @Sendable () async -> [String: String] = { [:] }, queue: QueueWatch, tally: AlertTally,
        suspected: @escaping @Sendable () -> [String] = { [] },
        roundTrips: @escaping @Sendable () async -> [RoundTripFacts] = { [] },
        steady: @escaping @Sendable () -> Timestamp, wall: @escaping @Sendable () -> Timestamp
    ) {
        (self.upstreams, self.pausedStreams, self.queue, self.tally) = (upstreams, pausedStreams, queue, tally)
        (self.suspected, self.roundTrips, self.steady, self.wall) = (suspected, roundTrips, steady, wall)
        startedAt = steady()
    }

    /// - Parameter routes: those of this configuration.
    mutating func facts(_ configuration: RelayConfiguration, _ routes: RouteTable) async -> AlertFacts {
        var facts = AlertFacts()
        let kinds = Set(configuration.alerts.rules.map(\.kind))
        let isOnProbation = steady() - startedAt < Self.probation
        facts.upstreams = await upstreams().filter { !$0.isRemoved }.map {
            UpstreamFacts($0, isOnProbation: isOnProbation)
        }
        let names = configuration.delivery.upstreams.map(\.name)
        facts.upstreamNames = Set(names)
        facts.routes = routes.routes.map { RouteFacts($0, names) }
        if kinds.contains(.bounceRate) { facts.pausedStreams = await pausedStreams() }
        if kinds.contains(.certificate) { lookAtCertificates(configuration) }
        if kinds.contains(.disk) { facts.disk = Self.disk(configuration.spool) }
        (facts.queue, facts.certificates) = (queue.facts, certificates)
        if kinds.contains(.userSuspected) { facts.suspectedUsers = suspected() }
        if kinds.contains(.roundTrip) { facts.roundTrips = await roundTrips() }
        if !kinds.isDisjoint(with: [.acceptLatency, .deliveryLatency, .bounceRate]) {
            tally.add(to: &facts, upstreams: facts.upstreamNames)
        }
        return facts
    }

    // MARK: The spool

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
        certificates = paths.sorted().map { CertificateFacts(reading: $0, now: now) }
    }
}

extension CertificateFacts {
    /// - Parameter now: by the system's clock.
    init(reading path: String, now: Timestamp) {
        do throws(TLSError) {
            let end = Timestamp(milliseconds: Int64(try CertificateFile.end(of: path)) * 1000)
            self.init(path: path, rest: end - now)
        } catch {
            self.init(path: path, problem: error.message)
        }
    }
}

extension RouteFacts {
    /// - Parameter names: of the upstreams of the same configuration, in their order.
    init(_ route: Route, _ names: [String]) {
        self.init(
            name: route.name, upstreams: route.upstreams.map { names[$0] },
            lastResort: route.lastResort.map { names[$0] }, isOrdered: route.mode == .priority)
    }
}

extension UpstreamFacts {
    fileprivate init(_ status: UpstreamStatus, isOnProbation: Bool) {
        self.init(name: status.name)
        isClosed = status.circuit == .closed
        awaitsTrial = status.awaitsTrial
        isEnabled = status.adminOverride.state == .enabled
        share = status.share
        isProven =
            !isOnProbation || !isClosed || status.deliveredTotal + status.failedTotal > 0
            || status.probesSucceeded + status.probesFailed > 0
        refusesAccount = status.refusesAccount
        lastError = status.lastError
        let spent = status.quotas.first { $0.left == 0 }
        quota = (spent ?? status.quotas.max { $0.share < $1.share }).map {
            QuotaFacts(quota: $0.quota.text, percentUsed: $0.share * 100, left: $0.left)
        }
    }
}
