internal import Admin
internal import Audit
package import Configuration
internal import Delivery
internal import Ingress
internal import Logging
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Spool
internal import Telemetry
internal import UnixSignals
internal import Upstreams

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
        let log = EventLog(format: configuration.logFormat, threshold: configuration.logLevel)
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
        let connections = configuration.connections(within: descriptors, log)
        do {
            try await run(configuration, from: file, version, connections: connections, sockets, manager, log)
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
        _ configuration: RelayConfiguration, from file: String?, _ version: String, connections: Int,
        _ sockets: InheritedSockets, _ manager: ServiceManager, _ log: EventLog
    ) async throws {
        let clock = RelayClock(directory: configuration.spool.path)
        let spool = try SQLiteSpool.open(
            configuration.spool, clock: { clock.wall }, steady: { clock.steady },
            after: clock.ages?.last ?? QueueID(rawValue: 0)
        ) { log.record($0) }
        let overrides: AdminOverrideStore
        do {
            overrides = try Self.overrides(configuration, log)
        } catch {
            await spool.close()
            throw error
        }
        let audit = AuditLog(directory: configuration.spool.path, now: { clock.wall }) { log.record($0) }
        audit.note(.relayStarted(configuration.hostname, version: version, at: clock.wall))
        audit.reportHeadHourly()
        let loops = RelayLoops(threads: configuration.threads)
        let metrics = RelayMetrics(upstreams: configuration.delivery.upstreams.map(\.name))
        do {
            let delivery = try await DeliveryService.start(
                settings: configuration.delivery, spool: spool, eventLoop: loops.delivery,
                overrides: overrides.overrides,
                saveOverrides: { overrides.save($0) }, clock: clock, saveAges: { save($0, of: clock, log) },
                report: {
                    log.record($0)
                    metrics.record($0)
                    if let record = AuditRecord($0, at: clock.wall) { audit.note(record) }
                })
            let events: @Sendable (IngressEvent) -> Void = {
                log.record($0)
                metrics.record($0)
            }
            var settings = configuration.ingress
            settings.limits.totalConnections = connections
            let ingress = IngressServer(
                settings: settings, spool: spool, group: loops.ingress, inherited: sockets,
                now: { clock.wall }, steady: { clock.steady }, events: events)
            let mail = MailService(
                ingress: ingress, delivery: delivery, log: log, manager: manager, grace: configuration.stopGrace)
            let admin = AdminServer(
                socketPath: configuration.adminSocket, socketGroup: configuration.adminGroup,
                sources: AdminServer.Sources(
                    queue: LiveQueue(
                        spool, doubts: InDoubtPolicies(configuration.delivery), lead: { clock.lead },
                        outlook: { await outlook(configuration.delivery, delivery, clock) },
                        expiry: { try await delivery.expiry(of: $0) }),
                    upstreams: { await delivery.upstreams() },
                    detail: { overrides.told(await delivery.detail(of: $0)) },
                    control: { name, order in
                        let detail = await delivery.control(name, order)
                        await overrides.flush()
                        return overrides.told(detail)
                    },
                    resolve: { await delivery.resolve($0, recipients: $1, as: $2) },
                    order: { await delivery.order($0, $1, wait: $2) },
                    intake: MessageIntake(
                        spool, hostname: configuration.hostname,
                        capturing: configuration.delivery.routeTable.headerNames, now: { clock.wall },
                        lead: { clock.lead }),
                    book: OrderBook(audit, now: { clock.wall }), report: { log.record($0) },
                    health: { await health(spool, delivery) }, metrics: metrics, now: { clock.wall }),
                logger: log.logger(label: "admin"))
            // Stopped in reverse order: mail first, so that nothing else can delay its end.
            let reload = ReloadService(configuration, from: file, ingress: ingress, log: log, events: events)
            try await serve([reload, admin, mail], grace: configuration.stopGrace, log)
        } catch {
            await overrides.flush()
            await clock.flush()
            await end(spool, loops)
            await audit.close()
            throw error
        }
        await overrides.flush()
        await clock.flush()
        await end(spool, loops)
        audit.note(.relayStopped(configuration.hostname, at: clock.wall))
        await audit.close()
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

    /// Services stop in the reverse order.
    private static func serve(_ services: [any Service], grace: Duration, _ log: EventLog) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log.logger(label: "services"))
        // A client of the admin socket that does not read its answer must not keep the relay from ending.
        configuration.maximumGracefulShutdownDuration = max(grace, .seconds(1)) * 2
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The spool goes first: it answers on the loops until its end.
    private static func end(_ spool: any MessageSpool, _ loops: RelayLoops) async {
        await spool.close()
        await loops.shutDown()
    }

    private static func outlook(
        _ settings: DeliverySettings, _ delivery: DeliveryService, _ clock: RelayClock
    ) async -> QueueOutlook {
        var details: [UpstreamDetail] = []
        for upstream in settings.upstreams {
            if let detail = await delivery.detail(of: upstream.name) { details.append(detail) }
        }
        return QueueOutlook(settings, details: details, now: clock.wall)
    }

    private static func health(_ spool: any MessageSpool, _ delivery: DeliveryService) async -> HealthDocument {
        var problems: [String] = []
        if let refusal = spool.refusal { problems.append("mail is refused: \(refusal.message)") }
        let upstreams = await delivery.upstreams()
        if upstreams.allSatisfy({ $0.circuit != .closed || $0.adminOverride.state != .enabled }) {
            problems.append(
                "no upstream works; the last error of \(upstreams[0].name): \(upstreams[0].lastError ?? "-")")
        }
        return HealthDocument(problems: problems)
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

extension EventLog {
    fileprivate func warn(_ problem: ConfigurationProblem) {
        log(.warning, "configuration_warning") { line in
            line.field("what", problem.file)
            if let number = problem.line { line.field("line", number) }
            line.field("key", problem.key)
            line.field("reason", problem.message)
            line.field("remedy", problem.remedy)
        }
    }
}

extension RelayConfiguration {
    /// Sessions of clients that there are descriptors for, at most `total_connections`; 0 is no limit.
    fileprivate func connections(within descriptors: Int, _ log: EventLog) -> Int {
        let total = ingress.limits.totalConnections
        guard descriptors > 0 else { return total }
        let sessions = delivery.upstreams.reduce(0) { $0 + $1.maxConnections }
        let budget = DescriptorBudget(
            limit: descriptors, totalConnections: total, upstreamSessions: sessions, threads: threads)
        guard budget.isShort else { return budget.connections }
        log.log(.warning, "descriptors_short") { line in
            line.field("descriptors", descriptors)
            line.field("total_connections", total)
            line.field("connections", budget.connections)
        }
        return budget.connections
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

extension RelayConfiguration {
    fileprivate var logLevel: LogLevel {
        switch log.level {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }

    fileprivate var logFormat: LogFormat {
        switch log.format {
        case .text: .text
        case .json: .json
        }
    }
}
