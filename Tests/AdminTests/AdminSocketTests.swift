import Delivery
import Foundation
import Glibc
import Logging
import Mail
import NIOCore
import NIOPosix
import ServiceLifecycle
import Telemetry
import TestKit
import Testing

@testable import Admin

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

    @Test("With a group, its members may use the socket, and pass its directory without looking around")
    func group() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        try await Self.run(path, group: "\(getegid())") { (client) async throws in
            #expect(try Self.mode(path) == 0o660)
            #expect(try Self.mode(directory.path) == 0o710)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_gid == getegid())
            #expect(try await client.document(HealthDocument.self, at: AdminPath.health) == HealthDocument())
        }
    }

    @Test("A directory that belongs to another group is given to this one, without what that one might do there")
    func otherGroup() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        #expect(chmod(directory.path, 0o750) == 0)
        let own = try AdminGroup("\(getegid())")
        try own.open(directory.path)
        #expect(try Self.mode(directory.path) == 0o750)
        #expect(chmod(directory.path, 0o701) == 0)
        try own.open(directory.path)
        #expect(try Self.mode(directory.path) == 0o701)
        // Only root may give it to a group that it is no member of.
        guard geteuid() == 0 else {
            let error = #expect(throws: AdminError.self) { try AdminGroup("0").own(directory.path) }
            return #expect(error?.message.contains("must be a member of it") == true)
        }
        #expect(chmod(directory.path, 0o770) == 0)
        try AdminGroup("1").open(directory.path)
        #expect(try Self.mode(directory.path) == 0o710)
    }

    @Test("A group that does not exist keeps the relay from starting, with words that say so")
    func noGroup() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = Self.server(directory.path + "/admin.sock", group: "no-such-group")
        let error = await #expect(throws: AdminError.self) { try await server.run() }
        #expect(error?.message == "[admin] socket_group: there is no group no-such-group on this machine")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test("The socket of a dead process is replaced")
    func staleSocket() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        Self.leaveSocket(path)
        #expect(FileManager.default.fileExists(atPath: path))
        await #expect(throws: AdminClientError.notRunning(place: path)) {
            try await AdminClient(.socket(path)).document(HealthDocument.self, at: AdminPath.health)
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
        let client = AdminClient(.socket(path), timeout: .milliseconds(50))
        await #expect(throws: AdminClientError.noAnswer(place: path)) {
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
        _ path: String, group: String? = nil, logger: Logger = RunningAdmin.quiet,
        onListening: @escaping @Sendable () -> Void = {}
    ) -> AdminServer {
        let sources = AdminServer.Sources(
            queue: LiveQueue(FaultySpool(), doubts: InDoubtPolicies(DeliverySettings())), upstreams: { [] },
            detail: { _ in nil },
            control: { _, _ in nil }, resolve: { _, _, _ in .noSuchMessage },
            health: { HealthDocument() }, metrics: RelayMetrics(upstreams: []),
            now: { RunningAdmin.now })
        return AdminServer(
            socketPath: path, socketGroup: group, sources: sources, logger: logger, onListening: onListening)
    }

    private static func run(
        _ path: String, group name: String? = nil, _ body: (AdminClient) async throws -> Void
    ) async throws {
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            services: [server(path, group: name, onListening: { continuation.yield() })], logger: RunningAdmin.quiet)
        async let running: Void = group.run()
        for await _ in listening { break }
        try await body(AdminClient(.socket(path)))
        await group.triggerGracefulShutdown()
        try await running
    }
}
