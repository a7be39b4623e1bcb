internal import Access
internal import Admin
internal import Alerts
internal import Audit
internal import Configuration
internal import Delivery
internal import Dialogue
internal import History
internal import Ingress
internal import Mail
internal import NIOCore
internal import Notices
internal import Notifiers
internal import OAuth
internal import Outbound
internal import ServiceLifecycle
internal import Spool
internal import Suppression
internal import TLS
internal import Telemetry
internal import Upstreams
internal import Webhooks

/// The parts of a relay that do something, made from what it keeps, and told of each other.
struct RelayParts: Sendable {
    let core: RelayCore
    let stores: RelayStores
    let alerts: RelayAlerts
    let guardian: UserGuard
    let traces: TraceHub
    let delivery: DeliveryService
    let roundTrips: RelayRoundTrips
    let ingress: IngressServer
    let courier: WebhookCourier
    /// nil if the API is not served over TCP.
    let http: HTTPEndpoint?
    let intake: MessageIntake
    let maker: NotifierMaker
    let progress: RelayProgress
    let reloader: Reloader<RunningRelay>

    /// Starts to deliver. Nothing is accepted before the services of ``services(_:stamp:)`` run.
    ///
    /// - Throws: `SpoolError`, `AdminError`, `SystemFileError`.
    init(
        _ core: RelayCore, _ stores: RelayStores, _ loops: RelayLoops, _ tokens: TokenClient,
        inheriting sockets: InheritedSockets
    ) async throws {
        let (clock, live) = (core.clock, core.live)
        (self.core, self.stores) = (core, stores)
        alerts = try RelayAlerts(core, stores.documents)
        guardian = try Self.guardian(core, stores.habits)
        traces = TraceHub(
            now: { clock.wall },
            instant: { MonotonicInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) })
        let door = ProbeDoor(stores.overrides.overrides)
        delivery = try await Self.delivery(core, stores, alerts.tally, guardian, traces, tokens, door, loops.delivery)
        ingress = Self.ingress(core, stores, alerts.tally, guardian, traces, (loops.ingress, sockets))
        courier = Self.courier(core, stores, loops.ingress)
        http = try Self.http(core)
        intake = MessageIntake(
            stores.spool, hostname: live.configuration.hostname, capturing: live.routes.headerNames,
            adding: live.configuration.ingress.addedHeaders, now: { clock.wall }, lead: { clock.lead })
        maker = Self.notifiers(core, intake, loops.ingress)
        roundTrips = try await RelayRoundTrips.start(core, intake, delivery, tokens) { [audit = stores.audit] in
            if let record = AuditRecord($0, at: clock.wall) { audit.note(record) }
        }
        door.open(roundTrips.service)
        let files = FileDesk()
        progress = RelayProgress(whenStopping: { files.close() })
        let running = RunningRelay(
            live: live, ingress: ingress, delivery: delivery, roundTrips: roundTrips, spool: stores.spool,
            history: stores.history,
            suppressions: stores.suppressions, webhooks: stores.webhooks, courier: courier, alerts: alerts.board,
            http: http, log: core.log, metrics: core.metrics, descriptors: core.descriptors, now: { clock.wall })
        let journal = ReloadJournal(
            log: core.log, events: Self.ingressEvents(core, alerts.tally),
            counts: { [metrics = core.metrics] in metrics.reloaded(isGood: $0) })
        reloader = Reloader(
            core.file, running, files: files, journal: journal, now: { clock.wall },
            record: { [audit = stores.audit] in try await audit.record($0) })
    }

    // MARK: - Mail

    /// Knows what an earlier relay has learned.
    private static func guardian(
        _ core: RelayCore, _ habits: HabitStore
    ) throws(SystemFileError) -> UserGuard {
        UserGuard(try habits.read(), steady: { [clock = core.clock] in clock.steady }) {
            [log = core.log, metrics = core.metrics] in
            log.record($0)
            metrics.record($0)
        }
    }

    private static func delivery(
        _ core: RelayCore, _ stores: RelayStores, _ tally: AlertTally, _ guardian: UserGuard, _ traces: TraceHub,
        _ tokens: TokenClient, _ door: ProbeDoor, _ eventLoop: any EventLoop
    ) async throws -> DeliveryService {
        let (clock, log, metrics, audit) = (core.clock, core.log, core.metrics, stores.audit)
        return try await DeliveryService.start(
            settings: core.live.configuration.delivery, spool: stores.spool, eventLoop: eventLoop,
            tokens: tokens, overrides: stores.overrides.overrides,
            saveOverrides: { [overrides = stores.overrides] in
                overrides.save($0)
                door.changed($0)
            },
            quotas: QuotaKeeping(records: stores.quotas.records) { [quotas = stores.quotas] in
                quotas.save($0, done: $1)
            },
            streams: stores.streams.memory, saveStreams: { [streams = stores.streams] in streams.save($0) },
            clock: clock, saveAges: { save($0, of: clock, log) },
            suppression: DeliverySuppression(core.live.gate) { [list = stores.suppressions] in
                list.bounced($0)
                if $0.kind == .hard { guardian.bounced($0.user, after: $0.at - $0.queueID.madeAt) }
            },
            guardian: DeliveryGuard { guardian.holds($0, takenAgo: $1) }, traces: traces, meters: metrics.meters,
            probes: { door.heard($0) },
            report: {
                door.note($0)
                log.record($0)
                metrics.record($0)
                tally.record($0)
                if let record = AuditRecord($0, at: clock.wall) { audit.note(record) }
            })
    }

    private static func save(_ ages: MessageAges, of clock: RelayClock, _ log: EventLog) {
        clock.save(ages) { path, reason in
            log.log(.warning, "clock_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }

    private static func ingress(
        _ core: RelayCore, _ stores: RelayStores, _ tally: AlertTally, _ guardian: UserGuard, _ traces: TraceHub,
        _ network: (group: any EventLoopGroup, inherited: InheritedSockets)
    ) -> IngressServer {
        let (clock, configuration) = (core.clock, core.live.configuration)
        var settings = configuration.ingress
        settings.limits.totalConnections = configuration.descriptorBudget(within: core.descriptors).connections
        return IngressServer(
            settings: settings, spool: stores.spool, group: network.group, inherited: network.inherited,
            now: { clock.wall }, steady: { clock.steady }, gate: core.live.recipientGate, guardian: guardian,
            classes: core.live.routeClasses, claims: core.live.streamClaims, traces: traces,
            accepts: core.metrics.accepts, events: ingressEvents(core, tally))
    }

    private static func ingressEvents(_ core: RelayCore, _ tally: AlertTally) -> @Sendable (IngressEvent) -> Void {
        { [log = core.log, metrics = core.metrics] in
            log.record($0)
            metrics.record($0)
            tally.record($0)
        }
    }

    // MARK: - Those who are told

    /// Sends what the outbox has, on an event loop of clients' sessions.
    private static func courier(
        _ core: RelayCore, _ stores: RelayStores, _ group: any EventLoopGroup
    ) -> WebhookCourier {
        let (clock, log, metrics, webhooks) = (core.clock, core.log, core.metrics, stores.webhooks)
        let report: @Sendable (String, WebhookNews) -> Void = { name, news in
            log.record(news, of: name, lead: clock.lead)
            metrics.record(news, of: name)
        }
        let courier = WebhookCourier(
            webhooks.webhooks,
            WebhookCourier.Means(
                outbox: stores.spool, held: { Array(webhooks.sums.keys) }, eventLoop: group.any(),
                makeClient: { webhook throws(WebError) in
                    try NIOWebClient(
                        group: group, timeout: webhook.timeout, trust: TLSClientSettings(caFile: webhook.caFile),
                        allowPrivate: webhook.allowsPrivate, clock: { clock.wall })
                },
                steady: { clock.steady }, wall: { clock.wall }, report: report))
        webhooks.listen(
            WebhookBook.Listener(
                committed: { courier.wake($0) }, discarded: { count, name in report(name, .discarded(count)) }))
        return courier
    }

    /// Alerts by mail come from the address that notices come from.
    private static func notifiers(
        _ core: RelayCore, _ intake: MessageIntake, _ group: any EventLoopGroup
    ) -> NotifierMaker {
        let (live, clock) = (core.live, core.clock)
        return NotifierMaker(
            client: {
                try NIOWebClient(
                    group: group, timeout: $0.timeout, allowPrivate: $0.allowsPrivate, clock: { clock.wall })
            },
            post: { notification, recipients in
                let (hostname, author) = (live.configuration.hostname, live.configuration.delivery.notices.from)
                _ = try await intake.take(to: recipients) { id, moment in
                    let mail = AlertMail(
                        notification, from: author?.text ?? "posthorse@\(hostname)", to: recipients.map(\.text),
                        id: id.description, hostname: hostname, now: moment)
                    return (mail.messageID, mail.content)
                }
            }, now: { clock.wall })
    }

    private static func http(_ core: RelayCore) throws(AdminError) -> HTTPEndpoint? {
        let configuration = core.live.configuration
        guard !configuration.http.addresses.isEmpty else { return nil }
        let access = AccessLog(core.log, core.metrics.store)
        let control = AccessControl(configuration.http, hostname: configuration.hostname) { access.record($0) }
        let budget = configuration.descriptorBudget(within: core.descriptors)
        return try HTTPEndpoint(configuration.http, control: control, connections: budget.apiConnections)
    }
}
