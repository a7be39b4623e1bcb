import Access
import Admin
import Audit
import Delivery
import Dialogue
import Foundation
import Logging
import Mail
import NIOCore
import ServiceLifecycle
import Spool
import Telemetry
import TestKit

/// An admin server on a socket in its own directory, over an in-memory spool.
struct RunningAdmin {
    static let now = Timestamp(milliseconds: 1_795_255_200_123)

    let spool: FaultySpool
    let directory: String
    let client: AdminClient
    /// Where it is served over TCP, as `127.0.0.1:8025`; empty if it is not.
    var http = ""
    /// What was reported about access.
    var access = AccessReports()
    /// Who may use it over TCP; nil if it is not served there.
    var control: AccessControl?

    var socketPath: String { client.place }

    /// Runs `body` while the server answers, then stops it; throws what either throws.
    static func with(
        spool: FaultySpool = FaultySpool(), upstreams: [UpstreamStatus] = [], routes: [RouteDocument] = [],
        health: HealthDocument = HealthDocument(),
        controlled: ControlledUpstreams = ControlledUpstreams(),
        detail: (@Sendable (String) -> UpstreamDetail?)? = nil, correctQuota: AdminServer.Sources.QuotaOrder? = nil,
        suppressions: SuppressionDesk? = nil,
        webhooks: WebhookDesk? = nil, streams: StreamDesk? = nil, alerts: AlertDesk? = nil,
        roundTrips: RoundTripDesk? = nil, users: GuardDesk? = nil,
        paces: PaceReport = PaceReport(), audit log: AuditLog? = nil,
        addresses form: @escaping @Sendable (String) -> String = { $0 },
        readiness: ReadinessDocument = ReadinessDocument([]), claimedUser: String? = nil, traces: TraceHub? = nil,
        reload: AdminServer.Sources.Reload? = nil, http settings: HTTPSettings? = nil, connections: Int = 100,
        events: EventFeed? = nil, mostReaders: Int = 100,
        body: (RunningAdmin) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = AdminServer.Sources(
            queue: LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings())),
            upstreams: { upstreams + controlled.statuses }, routes: { routes }, paces: { paces },
            detail: { name in detail == nil ? controlled.detail(name) : detail?(name) },
            control: { controlled.control($0, $1) }, correctQuota: correctQuota,
            resolve: { controlled.resolve($0, $1, $2) },
            order: { controlled.order($0, $1, $2) },
            intake: MessageIntake(spool, hostname: "relay.example", capturing: [], now: { now }),
            suppressions: suppressions, webhooks: webhooks, streams: streams, alerts: alerts, roundTrips: roundTrips,
            users: users,
            reload: reload,
            book: OrderBook(log, now: { now }, addresses: form),
            report: { controlled.record($0) },
            health: { health }, readiness: { readiness }, events: events, traces: traces,
            metrics: RelayMetrics(upstreams: upstreams.map(\.name)), now: { now })
        let reports = AccessReports()
        let endpoint = try settings.map { settings in
            let control = AccessControl(settings, hostname: "relay.example", failureDelay: .milliseconds(50)) {
                reports.add($0)
            }
            return try HTTPEndpoint(settings, control: control, connections: connections)
        }
        let server = AdminServer(
            socketPath: path, http: endpoint, sources: sources, mostReaders: mostReaders, logger: quiet,
            onListening: { continuation.yield() })
        let group = ServiceGroup(services: [server], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            for await _ in listening { break }
            do {
                let client = AdminClient(.socket(path), claimedUser: claimedUser)
                let admin = RunningAdmin(
                    spool: spool, directory: directory.path, client: client, http: reports.address, access: reports,
                    control: endpoint?.control)
                // Clients of TCP block, which must not keep the server from answering.
                let executor = settings == nil ? nil : ThreadExecutor()
                try await withTaskExecutorPreference(executor) { try await body(admin) }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    static var quiet: Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }
}

/// A directory with a short path, because a socket's path has at most 107 octets.
struct TemporaryDirectory {
    let path: String

    init() throws {
        path = "/tmp/pa-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension SpooledMessage {
    /// A message to one recipient, for tests.
    static func example(
        _ number: Int64, sender: String? = "sender@a.example", recipients: [Recipient]? = nil,
        attempt: OpenAttempt? = nil,
        size: Int = 100
    ) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: number), receivedAt: Timestamp(milliseconds: RunningAdmin.now.milliseconds - 90_000),
            sender: ReversePath(address: sender.map { Address(unchecked: $0) }), body: .eightBitMIME, priority: .normal,
            messageID: "<m\(number)@a.example>", origin: "client.example [127.0.0.1]", size: size,
            recipients: recipients ?? [Recipient(address: Address(unchecked: "r\(number)@b.example"))], cycles: 1,
            openAttempt: attempt)
    }
}
