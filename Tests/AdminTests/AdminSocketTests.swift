import Mail
import Delivery
import Admin
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Telemetry
import TestKit
import Testing

@Suite("The file of the admin socket")
struct AdminSocketTests {
    @Test("Only its owner may use the socket; nothing else is left in the directory, and at the end it is gone")
    func permissions() async throws {
        var path = ""
        try await RunningAdmin.with { (admin) async throws in
            path = admin.socketPath
            #expect(try Self.mode(path) == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: admin.directory) == ["admin.sock"])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("The socket of a dead process is replaced")
    func staleSocket() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        Self.leaveSocket(path)
        #expect(FileManager.default.fileExists(atPath: path))
        await #expect(throws: AdminClientError.notRunning(socket: path)) {
            try await AdminClient(socketPath: path).document(HealthDocument.self, at: AdminPath.health)
        }
        try await Self.run(path) { (client) async throws in
            #expect(try await client.document(HealthDocument.self, at: AdminPath.health) == HealthDocument())
        }
    }

    @Test("A second server at the socket of a live one refuses to start, and the first continues")
    func livingSocket() async throws {
        try await RunningAdmin.with { (admin) async throws in
            let error = await #expect(throws: AdminError.self) { try await Self.server(admin.socketPath).run() }
            #expect(error?.message.contains("another relay is running") == true)
            #expect(try await admin.client.document(HealthDocument.self, at: AdminPath.health) == HealthDocument())
        }
    }

    @Test("Something other than a socket is left alone")
    func otherFile() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        try "precious".write(toFile: path, atomically: false, encoding: .utf8)
        let error = await #expect(throws: AdminError.self) { try await Self.server(path).run() }
        #expect(error?.message.contains("not a socket") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test(
        "An impossible path is refused by name",
        arguments: ["/nonexistent/admin.sock", "/tmp/\(String(repeating: "x", count: 120))/admin.sock"])
    func impossiblePath(path: String) async {
        let error = await #expect(throws: AdminError.self) { try await Self.server(path).run() }
        #expect(error?.message.contains(path) == true)
    }

    @Test("A relay that accepts the connection and is silent is reported in time")
    func silentRelay() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path).get()
        let client = AdminClient(socketPath: path, timeout: .milliseconds(50))
        await #expect(throws: AdminClientError.noAnswer(socket: path)) {
            try await client.document(HealthDocument.self, at: AdminPath.health)
        }
        try await channel.close()
    }

    /// Binds a socket and abandons it, as a killed process does.
    private static func leaveSocket(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(descriptor, 1)
        close(descriptor)
    }

    private static func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }

    static func server(
        _ path: String, logger: Logger = RunningAdmin.quiet, onListening: @escaping @Sendable () -> Void = {}
    ) -> AdminServer {
        let sources = AdminServer.Sources(
            queue: LiveQueue(FaultySpool(), doubts: InDoubtPolicies(DeliverySettings())), upstreams: { [] },
            detail: { _ in nil },
            control: { _, _ in nil }, resolve: { _, _, _ in .noSuchMessage },
            health: { HealthDocument() }, metrics: RelayMetrics(upstreams: []),
            now: { RunningAdmin.now })
        return AdminServer(socketPath: path, sources: sources, logger: logger, onListening: onListening)
    }

    private static func run(_ path: String, _ body: (AdminClient) async throws -> Void) async throws {
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            services: [server(path, onListening: { continuation.yield() })], logger: RunningAdmin.quiet)
        async let running: Void = group.run()
        for await _ in listening { break }
        try await body(AdminClient(socketPath: path))
        await group.triggerGracefulShutdown()
        try await running
    }
}
