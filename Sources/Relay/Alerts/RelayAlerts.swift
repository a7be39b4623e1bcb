internal import Admin
internal import Alerts
internal import Configuration
internal import Delivery
internal import Ingress
internal import Mail
internal import Notifiers
internal import Spool
internal import Telemetry
internal import Upstreams

/// The alerts of a relay: what they count, how they stand, and where that is kept.
struct RelayAlerts: Sendable {
    let tally: AlertTally
    let board: AlertBoard
    let store: AlertStore
    let report: @Sendable (AlertEvent) -> Void

    /// Reads what an earlier relay has left; the data directory exists by then.
    init(_ core: RelayCore, _ documents: any DocumentStore) throws(SystemFileError) {
        let (settings, clock) = (core.live.configuration, core.clock)
        let report: @Sendable (AlertEvent) -> Void = { [log = core.log, metrics = core.metrics] in
            log.record($0)
            metrics.record($0)
        }
        core.metrics.replace(notify: settings.alerts.sinks.map(\.name))
        tally = AlertTally(steady: { clock.steady })
        store = AlertStore(documents, report: report)
        board = AlertBoard(
            settings.alerts, file: try store.read(), hostname: { [live = core.live] in live.configuration.hostname },
            steady: { clock.steady }, lead: { clock.lead }, report: report)
        self.report = report
    }

    /// For those who give orders about alerts.
    func desk(_ maker: NotifierMaker) -> AlertDesk {
        let tester = AlertTester(board: board, maker: maker)
        return AlertDesk(
            list: { [board] in board.statuses }, test: { await tester.test($0) },
            silence: { [board] in board.silence($0, for: $1, who: $2, reason: $3) },
            unsilence: { [board] in board.unsilence($0, who: $1, reason: $2) }, report: report)
    }

    func watch(
        _ core: RelayCore, _ spool: any RelaySpool, _ delivery: DeliveryService, _ roundTrips: RelayRoundTrips,
        _ guardian: UserGuard, _ maker: NotifierMaker, _ progress: RelayProgress
    ) -> AlertWatch {
        let clock = core.clock
        let gauge = QueueGauge(
            statistics: { try await spool.statistics(at: clock.steady) },
            age: { await delivery.age(of: $0.id, receivedAt: $0.receivedAt) })
        let queue = QueueWatch(gauge, steady: { clock.steady })
        return AlertWatch(
            board: board, store: store, maker: maker,
            configuration: { [live = core.live] in live.configurationAndRoutes },
            collector: AlertCollector(
                upstreams: { await delivery.upstreams() },
                pausedStreams: { await delivery.streamsPausedByRelay() }, queue: queue, tally: tally,
                suspected: { guardian.suspected }, roundTrips: { await roundTrips.facts() }, steady: { clock.steady },
                wall: { clock.wall }),
            queue: queue, isReady: { progress.state == .ready })
    }
}
