internal import Admin
internal import Alerts
internal import Audit
internal import Configuration
internal import Delivery
internal import Dialogue
internal import History
internal import Ingress
internal import Mail
internal import Notifiers
internal import ServiceLifecycle
internal import Spool
internal import Suppression
internal import TLS
internal import Telemetry
internal import Upstreams
internal import Webhooks

extension RelayParts {
    /// What runs until the relay stops. Stopped in reverse order: mail first, so that nothing else can delay its end.
    ///
    /// - Parameter stamp: of relay.conf as it was read.
    func services(_ manager: ServiceManager, stamp: FileStamp?) -> [any Service] {
        let live = core.live
        let mail = MailService(
            ingress: ingress, delivery: delivery, log: core.log, manager: manager, progress: progress,
            grace: { live.configuration.stopGrace })
        let reload = ReloadService(
            file: core.file, stamp: stamp, reloader: reloader, progress: progress,
            watches: { live.configuration.reload.watch })
        let watch = alerts.watch(core, stores.spool, delivery, roundTrips, guardian, maker, progress)
        let trips = RoundTripWatch(roundTrips: roundTrips, live: live)
        let guarding = GuardWatch(guardian: guardian, store: stores.habits)
        return [WebhookService(courier: courier), watch, guarding, trips, reload, admin(), mail]
    }

    private func admin() -> AdminServer {
        let configuration = core.live.configuration
        return AdminServer(
            socketPath: configuration.adminSocket, socketGroup: configuration.adminGroup, http: http,
            sources: sources(),
            mostReaders: configuration.descriptorBudget(within: core.descriptors).eventReaders,
            logger: core.log.logger(label: "admin"), onListening: { [progress] in progress.apiIsOpen() })
    }

    private func sources() -> AdminServer.Sources {
        let clock = core.clock
        let order: AdminServer.Sources.Reload = { try await reload($0) }
        return AdminServer.Sources(
            queue: queue,
            upstreams: { await delivery.upstreams() },
            routes: { routes },
            paces: { await delivery.paces() },
            detail: { await told(delivery.detail(of: $0)) },
            control: { name, order in
                let detail = await delivery.control(name, order)
                await stores.overrides.flush()
                return await told(detail)
            },
            correctQuota: { await delivery.correctQuota(of: $0, $1) },
            resolve: { await delivery.resolve($0, recipients: $1, as: $2) },
            order: { await delivery.order($0, $1, wait: $2) },
            intake: intake, history: history,
            suppressions: SuppressionDesk(stores.suppressions, core.live.gate, routes: core.live.routes),
            webhooks: WebhookDesk(stores.webhooks, courier, stores.spool, lead: { clock.lead }),
            streams: streams,
            alerts: alerts.desk(maker), roundTrips: roundTrips.desk,
            users: GuardDesk(guardian, lead: { clock.lead }),
            reload: core.file == nil ? nil : order,
            book: OrderBook(stores.audit, now: { clock.wall }, addresses: { stores.searches.shown($0) }),
            report: { core.log.record($0) },
            health: { await health() },
            readiness: { await readiness() }, events: core.feed, ingress: ingress,
            traces: traces, metrics: core.metrics, now: { clock.wall })
    }

    private var queue: LiveQueue {
        let clock = core.clock
        return LiveQueue(
            stores.spool, doubts: core.live.doubts, lead: { clock.lead },
            running: { await delivery.runningAttempts() }, outlook: { await outlook() },
            expiry: { try await delivery.expiry(of: $0) })
    }

    private var streams: StreamDesk {
        let store = stores.streams
        return StreamDesk(
            list: { await delivery.streams().map { store.told($0) } },
            pause: { name, reason in
                let status = await delivery.pauseStream(name, reason: reason)
                await store.flush()
                return status.map { store.told($0) }
            },
            resume: { name, reason in
                let status = await delivery.resumeStream(name, reason: reason)
                await store.flush()
                return status.map { store.told($0) }
            })
    }

    private var history: AdminServer.Sources.History {
        AdminServer.Sources.History(
            source: stores.searches, erase: { try await stores.searches.erase($0, isRehearsal: $1) },
            hashed: { stores.searches.hashed($0) })
    }

    private func reload(_ order: ReloadOrder) async throws -> ReloadDocument {
        try progress.whenReady()
        return try await reloader.reload(order)
    }
}
