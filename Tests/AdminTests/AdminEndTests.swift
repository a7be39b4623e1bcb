import Admin
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@Suite("The end of the admin server")
struct AdminEndTests {
    @Test("If another part of the relay fails, the admin server ends with it and logs nothing")
    func cancelled() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let recorder = RecordingLogHandler()
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = AdminSocketTests.server(
            directory.path + "/admin.sock", logger: recorder.logger, onListening: { continuation.finish() })
        let group = ServiceGroup(
            services: [server, FailingService(waitsFor: listening)], logger: RunningAdmin.quiet)
        await #expect(throws: FailingService.Failed.self) { try await group.run() }
        #expect(recorder.messages.isEmpty)
    }

    @Test("A graceful end logs nothing either")
    func graceful() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let recorder = RecordingLogHandler()
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = AdminSocketTests.server(
            directory.path + "/admin.sock", logger: recorder.logger, onListening: { continuation.finish() })
        let group = ServiceGroup(services: [server], logger: RunningAdmin.quiet)
        async let running: Void = group.run()
        for await _ in listening {}
        await group.triggerGracefulShutdown()
        try await running
        #expect(recorder.messages.isEmpty)
    }

    @Test("Clients of the socket that come as the server ends are turned away, and nothing else happens")
    func crowd() async throws {
        for _ in 0..<20 {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let path = directory.path + "/admin.sock"
            let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
            let server = AdminSocketTests.server(
                path, logger: RunningAdmin.quiet, onListening: { continuation.finish() })
            let group = ServiceGroup(services: [server], logger: RunningAdmin.quiet)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await _ in listening {}
                for number in 0..<30 {
                    if number == 10 { await group.triggerGracefulShutdown() }
                    tasks.addTask {
                        _ = try? await AdminClient(.socket(path)).document(HealthDocument.self, at: "/v1/health")
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test(
        "A server told to stop while it starts has not failed",
        arguments: [0, 1, 10, 100, 1000, 10_000])
    func early(yields: Int) async throws {
        for _ in 0..<5 {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let server = AdminSocketTests.server(directory.path + "/admin.sock", logger: RunningAdmin.quiet)
            let brief = ServiceGroupConfiguration.ServiceConfiguration(
                service: BriefService(yields: yields), successTerminationBehavior: .gracefullyShutdownGroup)
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [.init(service: server), brief], logger: RunningAdmin.quiet))
            try await group.run()
        }
    }
}

/// A part of a relay that is done after a while, which ends all.
private struct BriefService: Service {
    let yields: Int

    func run() async throws {
        for _ in 0..<yields { await Task.yield() }
    }
}

/// A part of a relay that dies.
private struct FailingService: Service {
    struct Failed: Error {}

    let waitsFor: AsyncStream<Void>

    func run() async throws {
        for await _ in waitsFor {}
        throw Failed()
    }
}

/// Keeps what an operator would see.
private struct RecordingLogHandler: LogHandler {
    private final class Store: Sendable {
        let messages = Mutex<[String]>([])
    }

    private let store = Store()
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    var messages: [String] { store.messages.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) {
        store.messages.withLock { $0.append("\(event.message)") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
