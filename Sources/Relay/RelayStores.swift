internal import Admin
internal import Audit
internal import Configuration
internal import Delivery
internal import History
internal import Ingress
internal import Mail
internal import Postgres
internal import Spool
internal import Suppression
internal import Telemetry
internal import Upstreams
internal import Webhooks

/// What a relay keeps in its data directory.
struct RelayStores: Sendable {
    let spool: any RelaySpool
    let history: HistoryStore
    let searches: HistoryService
    let webhooks: WebhookBook
    /// Where the small ones of these are.
    let documents: any DocumentStore
    let overrides: AdminOverrideStore
    let quotas: QuotaStore
    let streams: StreamStore
    let habits: HabitStore
    let audit: AuditLog
    let suppressions: SuppressionStore

    /// The names of a recipient's route and stream.
    private typealias Places = @Sendable (Recipient, SpooledMessage) -> (route: String, stream: String)

    /// Opens everything. What was opened is closed again if a part cannot be.
    ///
    /// - Throws: `SpoolError`, `AdminOverrideError`, `QuotaStoreError` or `SuppressionError`.
    static func open(_ core: RelayCore) async throws -> RelayStores {
        let (settings, clock) = (core.live.configuration, core.clock)
        let places: Places = { [live = core.live] recipient, message in
            let places = live.places
            return (places.route(of: recipient, in: message), places.stream(of: recipient, in: message))
        }
        let pools = settings.databaseSettings.map(StorePools.init)
        let history = HistoryStore(
            settings.history, runs: pools.map { PostgresRuns($0.history) }, places: places,
            notice: { [log = core.log] in log.record(SpoolEvent.notice($0)) })
        let webhooks = WebhookBook(settings.webhooks, lead: { clock.lead }, places: places)
        let spool = try spool(core, history, webhooks)
        let searches = HistoryService(history, spool, path: settings.spool.path, now: { clock.wall })
        do {
            let documents = documents(core, pools)
            let overrides = try overrides(core, documents)
            let quotas = try QuotaStore(documents) { [log = core.log] in log.record($0) }
            let streams = try StreamStore(documents) { [log = core.log] in log.record($0) }
            let (audit, suppressions) = try await lists(core, searches, pools)
            return RelayStores(
                spool: spool, history: history, searches: searches, webhooks: webhooks, documents: documents,
                overrides: overrides, quotas: quotas, streams: streams, habits: HabitStore(documents, log: core.log),
                audit: audit, suppressions: suppressions)
        } catch {
            await searches.close()
            await spool.close()
            throw error
        }
    }

    /// That of this machine, or of the cluster.
    private static func spool(
        _ core: RelayCore, _ history: HistoryStore, _ webhooks: WebhookBook
    ) throws(SpoolError) -> any RelaySpool {
        let (settings, clock) = (core.live.configuration, core.clock)
        let last = clock.ages?.last ?? QueueID(rawValue: 0)
        let events: @Sendable (SpoolEvent) -> Void = { [log = core.log] in log.record($0) }
        guard let database = settings.databaseSettings else {
            return try SQLiteSpool.open(
                settings.spool, clock: { clock.wall }, steady: { clock.steady }, after: last, recorder: history,
                outbox: webhooks, meter: core.metrics.commits, events: events)
        }
        var patient = database
        patient.silence = .seconds(3600)
        return try PostgresSpool.open(
            PostgresSpoolSettings(node: settings.nodeName, local: settings.spool),
            connect: { () throws(PostgresError) in try PostgresConnector.connect(database) },
            patiently: { [patient] () throws(PostgresError) in try PostgresConnector.connect(patient) },
            clock: { clock.wall }, steady: { clock.steady }, after: last, recorder: history, outbox: webhooks,
            meter: core.metrics.commits,
            database: { core.record($0) }, events: events)
    }

    private static func documents(_ core: RelayCore, _ pools: StorePools?) -> any DocumentStore {
        let (path, clock) = (core.live.configuration.spool.path, core.clock)
        return pools.map { PostgresDocuments($0.documents, now: { clock.wall }) } ?? DirectoryDocuments(path)
    }

    private static func audit(_ core: RelayCore, _ pools: StorePools?) -> AuditLog {
        let (directory, clock) = (core.live.configuration.spool.path, core.clock)
        let report: @Sendable (AuditEvent) -> Void = { [log = core.log] in log.record($0) }
        guard let pools else { return AuditLog(directory: directory, now: { clock.wall }, report: report) }
        return AuditLog(
            PostgresAudit(pools.documents), keyDirectory: directory, now: { clock.wall }, report: report)
    }

    /// The spool is open by now, so its directory exists.
    private static func overrides(
        _ core: RelayCore, _ documents: any DocumentStore
    ) throws(AdminOverrideError) -> AdminOverrideStore {
        try AdminOverrideStore(
            documents, upstreams: core.live.configuration.delivery.upstreams.map(\.name), now: .wallClock
        ) { [log = core.log] in log.record($0) }
    }

    /// What the list of suppressions does by itself is in the audit log.
    private static func lists(
        _ core: RelayCore, _ searches: HistoryService, _ pools: StorePools?
    ) async throws -> (AuditLog, SuppressionStore) {
        let (directory, clock) = (core.live.configuration.spool.path, core.clock)
        let audit = audit(core, pools)
        do {
            let settings = core.live.configuration.delivery.suppression
            let report: @Sendable (SuppressionEvent) -> Void = { [log = core.log, metrics = core.metrics] in
                log.record($0)
                metrics.record($0)
                let record = AuditRecord($0, at: clock.wall, addresses: { searches.shown($0) })
                if let record { audit.note(record) }
            }
            let now: @Sendable () -> Timestamp = { clock.wall }
            let suppressions =
                if let pools {
                    try SuppressionStore.open(
                        PostgresSuppressions(pools.suppressions), settings: settings, clock: now, events: report)
                } else {
                    try SuppressionStore.open(directory: directory, settings: settings, clock: now, events: report)
                }
            return (audit, suppressions)
        } catch {
            await audit.close()
            throw error
        }
    }

    /// Returns once everything but the audit log is on disk, or has failed. The spool goes before the loops, on which it
    /// answers until its end, and the suppressions before the spool, whose lock counts for them.
    func close(_ clock: RelayClock, _ loops: RelayLoops) async {
        await overrides.flush()
        await quotas.flush()
        await streams.flush()
        await clock.flush()
        await searches.close()
        await suppressions.close()
        await spool.close()
        await loops.shutDown()
    }
}

extension StreamStore {
    /// The same, with the persistence state of its pause.
    func told(_ status: StreamStatus) -> StreamStatus {
        var status = status
        status.unsaved = unsaved
        return status
    }
}

extension AdminOverrideStore {
    /// The same, with the persistence state of the overrides.
    func told(_ detail: UpstreamDetail?) -> UpstreamDetail? {
        var detail = detail
        detail?.unsaved = unsaved
        return detail
    }
}
