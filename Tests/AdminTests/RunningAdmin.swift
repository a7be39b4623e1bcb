import Admin
import Audit
import Delivery
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

    var socketPath: String { client.socketPath }

    /// Runs `body` while the server answers, then stops it; throws what either throws.
    static func with(
        spool: FaultySpool = FaultySpool(), upstreams: [UpstreamStatus] = [], health: HealthDocument = HealthDocument(),
        controlled: ControlledUpstreams = ControlledUpstreams(), audit log: AuditLog? = nil, claimedUser: String? = nil,
        body: (RunningAdmin) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = AdminServer.Sources(
            queue: LiveQueue(spool, doubts: InDoubtPolicies(DeliverySettings())),
            upstreams: { upstreams + controlled.statuses },
            detail: { controlled.detail($0) }, control: { controlled.control($0, $1) },
            resolve: { controlled.resolve($0, $1, $2) },
            order: { controlled.order($0, $1, $2) },
            intake: MessageIntake(spool, hostname: "relay.example", capturing: [], now: { now }),
            book: OrderBook(log, now: { now }),
            report: { controlled.record($0) },
            health: { health }, metrics: RelayMetrics(upstreams: upstreams.map(\.name)), now: { now })
        let server = AdminServer(
            socketPath: path, sources: sources, logger: quiet, onListening: { continuation.yield() })
        let group = ServiceGroup(services: [server], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            for await _ in listening { break }
            do {
                let client = AdminClient(socketPath: path, claimedUser: claimedUser)
                try await body(RunningAdmin(spool: spool, directory: directory.path, client: client))
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
