internal import Audit
package import Configuration
internal import Delivery
internal import Ingress
internal import Logging
internal import Mail
internal import NIOCore
internal import OAuth
internal import Outbound
internal import ServiceLifecycle
internal import Spool
internal import Suppression
internal import TLS
internal import Telemetry
internal import UnixSignals

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
            let core = RelayCore(
                version: version, file: file, descriptors: descriptors, live: LiveConfiguration(configuration),
                clock: RelayClock(directory: configuration.spool.path), log: log, feed: feed,
                metrics: RelayMetrics(upstreams: configuration.delivery.upstreams.map(\.name)))
            try await run(core, stamp: file.flatMap { FileStamp(of: $0) }, sockets, manager)
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
        _ core: RelayCore, stamp: FileStamp?, _ sockets: InheritedSockets, _ manager: ServiceManager
    ) async throws {
        let (configuration, clock) = (core.live.configuration, core.clock)
        configuration.warnIfShort(of: core.descriptors, core.log)
        core.metrics.started(version: core.version, at: clock.wall)
        let stores = try await RelayStores.open(core)
        core.live.apply(stores.suppressions.index, now: { clock.wall })
        stores.audit.note(.relayStarted(configuration.hostname, version: core.version, at: clock.wall))
        stores.audit.reportHeadHourly()
        let loops = RelayLoops(threads: configuration.threads)
        let tokens = tokens(loops.ingress) { clock.wall }
        do {
            let parts = try await RelayParts(core, stores, loops, tokens, inheriting: sockets)
            try await serve(parts.services(manager, stamp: stamp), grace: configuration.stopGrace, core.log)
        } catch {
            await tokens.close()
            await stores.close(clock, loops)
            await stores.audit.close()
            throw error
        }
        await tokens.close()
        await stores.close(clock, loops)
        stores.audit.note(.relayStopped(configuration.hostname, at: clock.wall))
        await stores.audit.close()
    }

    /// Asks for tokens on an event loop of clients' sessions. A token comes with another one, and with data about the
    /// account, in an answer of several KiB.
    private static func tokens(
        _ group: any EventLoopGroup, now: @escaping @Sendable () -> Timestamp
    ) -> TokenClient {
        TokenClient { (settings) throws(WebError) in
            try NIOWebClient(
                group: group, timeout: .seconds(8), trust: TLSClientSettings(caFile: settings.caFile),
                bodyLimit: TokenClient.answerLimit, allowPrivate: settings.allowsPrivate, clock: now)
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
