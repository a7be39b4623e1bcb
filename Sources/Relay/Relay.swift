internal import Access
internal import Admin
internal import Alerts
internal import Audit
package import Configuration
internal import Delivery
internal import Dialogue
internal import History
internal import Ingress
internal import Logging
internal import Mail
internal import NIOCore
internal import Notices
internal import Notifiers
internal import Outbound
internal import ServiceLifecycle
internal import Spool
internal import Suppression
internal import TLS
internal import Telemetry
internal import UnixSignals
internal import Upstreams
internal import Webhooks

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The composition root: turns a configuration into a running relay.
package enum Relay {
    /// Runs until SIGTERM or SIGINT, and returns when everything has ended.
    ///
    /// - Parameters:
    ///   - file: the relay.conf that the configuration was read from.
    ///   - warnings: its warnings.
    /// - Throws: ``RelayError`` with a sentence for the operator if the relay cannot start, or a part of it dies.
    package static func run(
        _ configuration: RelayConfiguration, from file: String? = nil, warnings: [ConfigurationProblem] = [],
        version: String
    ) async throws {
        ignoreSignals()
        let (sockets, manager) = (InheritedSockets.takeFromEnvironment(), ServiceManager.takeFromEnvironment())
        let feed = EventFeed()
        let log = EventLog(format: configuration.logFormat, threshold: configuration.logLevel, feed: feed)
        defer { log.close() }
        let descriptors = raiseDescriptorLimit()
        log.log(.notice, "starting") { line in
            line.field("version", version)
            line.field("hostname", configuration.hostname)
            line.field("spool", configuration.spool.path)
            line.field("threads", configuration.threads)
            line.field("descriptors", descriptors)
        }
        for warning in warnings { log.warn(warning) }
        do {
            try await run(configuration, from: file, version, descriptors, sockets, manager, log, feed)
        } catch {
            let failure = RelayError(error)
            log.log(.error, "relay_failed") { $0.field("error", failure.message) }
            throw failure
        }
        log.log(.notice, "stopped")
    }

    /// Ignores signals that must not end the relay, even before there is something to reload; call first.
    package static func ignoreSignals() {
        for number in [SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ] { signal(number, SIG_IGN) }
    }

    private static func run(
        _ configuration: RelayConfiguration, from file: String?, _ version: String, _ descriptors: Int,
        _ sockets: InheritedSockets, _ manager: ServiceManager, _ log: EventLog, _ feed: EventFeed
    ) async throws {
        let stamp = file.flatMap { FileStamp(of: $0) }
        let budget = configuration.descriptorBudget(within: descriptors)
        configuration.warnIfShort(of: descriptors, log)
        let live = LiveConfiguration(configuration)
        let metrics = RelayMetrics(upstreams: configuration.delivery.upstreams.map(\.name))
        let clock = RelayClock(directory: configuration.spool.path)
        metrics.started(version: version, at: clock.wall)
        let store = HistoryStore(
            configuration.history,
            places: { recipient, message in
                let places = live.places
                return (places.route(of: recipient, in: message), places.stream(of: recipient, in: message))
            },
            notice: { log.record(SpoolEvent.notice($0)) })
        let webhooks = WebhookBook(configuration.webhooks, lead: { clock.lead }) { live.places.route(of: $0, in: $1) }
        let spool = try SQLiteSpool.open(
            configuration.spool, clock: { clock.wall }, steady: { clock.steady },
            after: clock.ages?.last ?? QueueID(rawValue: 0), recorder: store, outbox: webhooks, meter: metrics.commits
        ) { log.record($0) }
        let history = HistoryService(store, spool, path: configuration.spool.path, now: { clock.wall })
        let overrides: AdminOverrideStore
        do {
            overrides = try Self.overrides(configuration, log)
        } catch {
            await history.close()
            await spool.close()
            throw error
        }
        let audit = AuditLog(directory: configuration.spool.path, now: { clock.wall }) { log.record($0) }
        let suppressions: SuppressionStore
        do {
            suppressions = try SuppressionStore.open(
                directory: configuration.spool.path, settings: configuration.delivery.suppression, clock: { clock.wall }
            ) {
                log.record($0)
                metrics.record($0)
                if let record = AuditRecord($0, at: clock.wall, addresses: { history.shown($0) }) { audit.note(record) }
            }
        } catch {
            await history.close()
            await spool.close()
            await audit.close()
            throw error
        }
        live.apply(suppressions.index, now: { clock.wall })
        let tally = AlertTally(steady: { clock.steady })
        metrics.replace(notify: configuration.alerts.sinks.map(\.name))
        let alertEvents: @Sendable (AlertEvent) -> Void = {
            log.record($0)
            metrics.record($0)
        }
        let alertStore = AlertStore(directory: configuration.spool.path, report: alertEvents)
        let board = AlertBoard(
            configuration.alerts, file: alertStore.read(), hostname: { live.configuration.hostname },
            steady: { clock.steady }, lead: { clock.lead }, report: alertEvents)
        audit.note(.relayStarted(configuration.hostname, version: version, at: clock.wall))
        audit.reportHeadHourly()
        let loops = RelayLoops(threads: configuration.threads)
        let traces = TraceHub(
            now: { clock.wall },
            instant: { MonotonicInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) })
        do {
            let delivery = try await DeliveryService.start(
                settings: configuration.delivery, spool: spool, eventLoop: loops.delivery,
                overrides: overrides.overrides,
                saveOverrides: { overrides.save($0) }, clock: clock, saveAges: { save($0, of: clock, log) },
                suppression: DeliverySuppression(live.gate) { suppressions.bounced($0) }, traces: traces,
                meters: metrics.meters,
                report: {
                    log.record($0)
                    metrics.record($0)
                    tally.record($0)
                    if let record = AuditRecord($0, at: clock.wall) { audit.note(record) }
                })
            let events: @Sendable (IngressEvent) -> Void = {
                log.record($0)
                metrics.record($0)
                tally.record($0)
            }
            var settings = configuration.ingress
            settings.limits.totalConnections = budget.connections
            let ingress = IngressServer(
                settings: settings, spool: spool, group: loops.ingress, inherited: sockets,
                now: { clock.wall }, steady: { clock.steady },
                gate: live.recipientGate, traces: traces, accepts: metrics.accepts, events: events)
            let courier = courier(for: webhooks, spool, loops, clock, log, metrics)
            let files = FileDesk()
            let progress = RelayProgress(whenStopping: { files.close() })
            let mail = MailService(
                ingress: ingress, delivery: delivery, log: log, manager: manager, progress: progress,
                grace: { live.configuration.stopGrace })
            let endpoint = try http(configuration, budget, AccessLog(log, metrics.store))
            let relay = RunningRelay(
                live: live, ingress: ingress, delivery: delivery, spool: spool, history: store,
                suppressions: suppressions, webhooks: webhooks, courier: courier, alerts: board, http: endpoint,
                log: log, metrics: metrics, descriptors: descriptors,
                now: { clock.wall })
            let reloader = Reloader(
                file, relay, files: files,
                journal: ReloadJournal(log: log, events: events, counts: { metrics.reloaded(isGood: $0) }),
                now: { clock.wall },
                record: { try await audit.record($0) })
            let order: AdminServer.Sources.Reload = { order in
                try progress.whenReady()
                return try await reloader.reload(order)
            }
            let queue = LiveQueue(
                spool, doubts: live.doubts, lead: { clock.lead },
                outlook: { await outlook(live.configuration.delivery, delivery, clock) },
                expiry: { try await delivery.expiry(of: $0) })
            let intake = MessageIntake(
                spool, hostname: live.configuration.hostname, capturing: live.routes.headerNames,
                now: { clock.wall }, lead: { clock.lead })
            let maker = notifiers(intake, live, loops.ingress, { clock.wall })
            let tester = AlertTester(board: board, maker: maker)
            let admin = AdminServer(
                socketPath: configuration.adminSocket, socketGroup: configuration.adminGroup, http: endpoint,
                sources: AdminServer.Sources(
                    queue: queue,
                    upstreams: { await delivery.upstreams() },
                    routes: { routes(live.configuration.delivery) },
                    detail: { overrides.told(await explained(delivery.detail(of: $0), delivery)) },
                    control: { name, order in
                        let detail = await explained(delivery.control(name, order), delivery)
                        await overrides.flush()
                        return overrides.told(detail)
                    },
                    resolve: { await delivery.resolve($0, recipients: $1, as: $2) },
                    order: { await delivery.order($0, $1, wait: $2) },
                    intake: intake,
                    history: AdminServer.Sources.History(
                        source: history, erase: { try await history.erase($0, isRehearsal: $1) },
                        hashed: { history.hashed($0) }),
                    suppressions: SuppressionDesk(suppressions, live.gate, routes: live.routes),
                    webhooks: WebhookDesk(webhooks, courier, spool, lead: { clock.lead }),
                    alerts: AlertDesk(
                        list: { board.statuses }, test: { await tester.test($0) },
                        silence: { board.silence($0, for: $1, who: $2, reason: $3) },
                        unsilence: { board.unsilence($0, who: $1, reason: $2) }, report: alertEvents),
                    reload: file == nil ? nil : order,
                    book: OrderBook(audit, now: { clock.wall }, addresses: { history.shown($0) }),
                    report: { log.record($0) },
                    health: { await health(spool, delivery) },
                    readiness: { await readiness(progress.state, spool, delivery) }, events: feed, ingress: ingress,
                    traces: traces, metrics: metrics, now: { clock.wall }),
                mostReaders: budget.eventReaders, logger: log.logger(label: "admin"),
                onListening: { progress.apiIsOpen() })
            // Stopped in reverse order: mail first, so that nothing else can delay its end.
            let reload = ReloadService(
                file: file, stamp: stamp, reloader: reloader, progress: progress,
                watches: { live.configuration.reload.watch })
            let queueWatch = QueueWatch(
                QueueGauge(
                    statistics: { try await spool.statistics(at: clock.steady) },
                    age: { await delivery.age(of: $0.id, receivedAt: $0.receivedAt) }), steady: { clock.steady })
            let alerts = AlertWatch(
                board: board, store: alertStore, maker: maker, configuration: { live.configurationAndRoutes },
                collector: AlertCollector(
                    upstreams: { await delivery.upstreams() }, queue: queueWatch, tally: tally,
                    steady: { clock.steady }, wall: { clock.wall }),
                queue: queueWatch,
                isReady: { progress.state == .ready })
            try await serve(
                [WebhookService(courier: courier), alerts, reload, admin, mail], grace: configuration.stopGrace, log)
        } catch {
            await overrides.flush()
            await clock.flush()
            await end(spool, history, suppressions, loops)
            await audit.close()
            throw error
        }
        await overrides.flush()
        await clock.flush()
        await end(spool, history, suppressions, loops)
        audit.note(.relayStopped(configuration.hostname, at: clock.wall))
        await audit.close()
    }

    /// Alerts by mail come from the address that notices come from.
    private static func notifiers(
        _ intake: MessageIntake, _ live: LiveConfiguration, _ group: any EventLoopGroup,
        _ now: @escaping @Sendable () -> Timestamp
    ) -> NotifierMaker {
        NotifierMaker(
            client: {
                try NIOWebClient(group: group, timeout: $0.timeout, allowPrivate: $0.allowsPrivate, clock: now)
            },
            post: { notification, recipients in
                let (hostname, author) = (live.configuration.hostname, live.configuration.delivery.notices.from)
                _ = try await intake.take(to: recipients) { id, moment in
                    let mail = AlertMail(
                        notification, from: author?.text ?? "posthorse@\(hostname)", to: recipients.map(\.text),
                        id: id.description, hostname: hostname, now: moment)
                    return (mail.messageID, mail.content)
                }
            }, now: now)
    }

    /// The spool is open by now, so its directory exists.
    private static func overrides(
        _ configuration: RelayConfiguration, _ log: EventLog
    ) throws(AdminOverrideError) -> AdminOverrideStore {
        try AdminOverrideStore(
            directory: configuration.spool.path, upstreams: configuration.delivery.upstreams.map(\.name),
            now: .wallClock
        ) { log.record($0) }
    }

    private static func save(_ ages: MessageAges, of clock: RelayClock, _ log: EventLog) {
        clock.save(ages) { path, reason in
            log.log(.warning, "clock_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }

    /// Sends what the outbox has, on an event loop of clients' sessions.
    private static func courier(
        for webhooks: WebhookBook, _ spool: SQLiteSpool, _ loops: RelayLoops, _ clock: RelayClock, _ log: EventLog,
        _ metrics: RelayMetrics
    ) -> WebhookCourier {
        let report: @Sendable (String, WebhookNews) -> Void = { name, news in
            log.record(news, of: name, lead: clock.lead)
            metrics.record(news, of: name)
        }
        let group = loops.ingress
        let courier = WebhookCourier(
            webhooks.webhooks,
            WebhookCourier.Means(
                outbox: spool, held: { Array(webhooks.sums.keys) }, eventLoop: group.any(),
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

    /// Services stop in the reverse order.
    private static func serve(_ services: [any Service], grace: Duration, _ log: EventLog) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log.logger(label: "services"))
        // A client of the admin socket that does not read its answer must not keep the relay from ending.
        configuration.maximumGracefulShutdownDuration = max(grace, .seconds(1)) * 2
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The spool goes before the loops, on which it answers until its end, and the suppressions before the spool, whose
    /// lock counts for them.
    private static func end(
        _ spool: any MessageSpool, _ history: HistoryService, _ suppressions: SuppressionStore, _ loops: RelayLoops
    ) async {
        await history.close()
        await suppressions.close()
        await spool.close()
        await loops.shutDown()
    }

    private static func routes(_ settings: DeliverySettings) -> [RouteDocument] {
        let names = settings.upstreams.map(\.name)
        return settings.routeTable.routes.map { RouteDocument($0, names: names) }
    }

    /// With the rules that decide about its answers.
    private static func explained(_ detail: UpstreamDetail?, _ delivery: DeliveryService) async -> UpstreamDetail? {
        if let detail { await delivery.explained(detail) } else { nil }
    }

    private static func outlook(
        _ settings: DeliverySettings, _ delivery: DeliveryService, _ clock: RelayClock
    ) async -> QueueOutlook {
        var details: [UpstreamDetail] = []
        for upstream in settings.upstreams {
            if let detail = await delivery.detail(of: upstream.name) { details.append(detail) }
        }
        // A reload may be under way.
        guard details.count == settings.upstreams.count else { return .unknown }
        return QueueOutlook(settings, details: details, now: clock.wall)
    }

    private static func health(_ spool: any MessageSpool, _ delivery: DeliveryService) async -> HealthDocument {
        var problems: [String] = []
        if let refusal = spool.refusal { problems.append("mail is refused: \(refusal.message)") }
        let upstreams = await delivery.upstreams()
        if let first = upstreams.first,
            upstreams.allSatisfy({ $0.circuit != .closed || $0.adminOverride.state != .enabled })
        {
            problems.append(
                "no upstream works; the last error of \(first.name): \(first.lastError ?? "-")")
        }
        return HealthDocument(problems: problems)
    }

    /// Ready for mail, even if no upstream works: accepted mail is safe here.
    private static func readiness(
        _ state: RelayState, _ spool: any MessageSpool, _ delivery: DeliveryService
    ) async -> ReadinessDocument {
        let upstreams = await delivery.upstreams()
        let works = upstreams.contains { $0.circuit == .closed && $0.adminOverride.state == .enabled }
        return ReadinessDocument([
            .init("listeners", problem: state.problem), .init("spool", problem: spool.refusal?.message),
            .init("upstreams", needed: false, problem: works ? nil : "no upstream works: mail waits"),
        ])
    }

    /// nil if the API is not served over TCP.
    private static func http(
        _ configuration: RelayConfiguration, _ budget: DescriptorBudget, _ events: AccessLog
    ) throws(AdminError) -> HTTPEndpoint? {
        guard !configuration.http.addresses.isEmpty else { return nil }
        let control = AccessControl(configuration.http, hostname: configuration.hostname) { events.record($0) }
        return try HTTPEndpoint(configuration.http, control: control, connections: budget.apiConnections)
    }

    /// Every session needs a descriptor: raises the limit as far as this process may.
    ///
    /// - Returns: the resulting limit.
    private static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }
}

extension AdminOverrideStore {
    /// The same, with the persistence state of the overrides.
    fileprivate func told(_ detail: UpstreamDetail?) -> UpstreamDetail? {
        var detail = detail
        detail?.unsaved = unsaved
        return detail
    }
}
