import Mail
import NIOCore
import NIOPosix
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Listeners on real sockets", .serialized)
struct IngressServerTests {
    private static let opening =
        "EHLO client.test\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"

    private func settings(_ hosts: [String] = ["127.0.0.1"], port: Int = 0) -> IngressSettings {
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = hosts.map { host in
            var listener = ListenerSettings(host: host, port: port)
            listener.offer = ServerOffer()
            return listener
        }
        return settings
    }

    private func withServer(
        hosts: [String] = ["127.0.0.1"], spool: FaultySpool = FaultySpool(), loops: Int = 2,
        _ body: (IngressServer, [SocketAddress], any EventLoopGroup, EventLog) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let log = EventLog()
        let server = IngressServer(
            settings: settings(hosts), spool: spool, group: group, now: { EmbeddedSession.moment },
            events: { log.add($0) })
        do {
            try await body(server, try await server.start(), group, log)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    @Test("messages arrive over IPv4 and IPv6, on several loops at once")
    func messages() async throws {
        let spool = FaultySpool()
        try await withServer(hosts: ["127.0.0.1", "::1"], spool: spool) { _, addresses, group, log in
            #expect(addresses.count == 2)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<20 {
                    tasks.addTask {
                        let client = try await LineClient(addresses[number % 2], group: group)
                        #expect(await client.lines(1) == "220 relay.test ESMTP Posthorse\r\n")
                        try await client.send(Self.opening)
                        #expect(await client.lines(11).hasSuffix("354 End data with <CR><LF>.<CR><LF>\r\n"))
                        try await client.send("Subject: \(number)\r\n\r\nhello\r\n.\r\nQUIT\r\n")
                        let end = await client.lines(3)
                        #expect(end.hasPrefix("250 2.0.0 Ok: queued as ") && end.hasSuffix("221 2.0.0 Bye\r\n"))
                        try await client.close()
                    }
                }
                try await tasks.waitForAll()
            }
            #expect(spool.messages.count == 20)
            #expect(spool.messages.contains { $0.origin == "client.test [::1]" })
            let listening = log.events.filter { event in
                switch event {
                case .listening: true
                default: false
                }
            }
            #expect(listening.count == 2)
        }
    }

    @Test("a large message arrives intact")
    func large() async throws {
        let spool = FaultySpool()
        try await withServer(spool: spool) { _, addresses, group, _ in
            let client = try await LineClient(addresses[0], group: group)
            try await client.send(Self.opening)
            _ = await client.lines(12)
            let mail =
                "Subject: x\r\n\r\n" + String(repeating: String(repeating: "x", count: 998) + "\r\n", count: 5000)
            try await client.send(mail + ".\r\n")
            #expect(await client.lines(1).hasPrefix("250 2.0.0"))
            #expect(spool.text(of: QueueID(rawValue: 1))?.hasSuffix("\r\n" + mail) == true)
            try await client.close()
        }
    }

    @Test("a client that sends everything and closes its side gets all replies")
    func halfClosed() async throws {
        let spool = FaultySpool(automatic: false)
        try await withServer(spool: spool) { _, addresses, group, _ in
            let client = try await LineClient(addresses[0], group: group)
            try await client.send(Self.opening + "x\r\n.\r\nNOOP\r\n")
            try await client.closeOutput()
            await spool.waitForOperations(1)
            spool.commit()
            let text = await client.lines(15)
            #expect(text.hasSuffix("250 2.0.0 Ok: queued as 0000000000001\r\n250 2.0.0 Ok\r\n"))
        }
    }

    @Test("stopping ends idle sessions, and no further connection is served", .timeLimit(.minutes(10)))
    func stop() async throws {
        // No other test listens on this address, on any port.
        try await withServer(hosts: ["127.83.84.79"]) { server, addresses, group, _ in
            let client = try await LineClient(addresses[0], group: group)
            _ = await client.lines(1)
            await server.stop(grace: .seconds(30))
            #expect(await client.lines(2).hasPrefix("421 4.3.2"))
            // A child process of another test holds the socket between its fork and its exec: the kernel may still
            // connect, but nobody sends a greeting.
            let late = try? await LineClient(addresses[0], group: group)
            #expect(await late?.lines(1) ?? "" == "")
        }
    }

    @Test("a message being committed when the relay stops gets its reply")
    func stopWithinCommit() async throws {
        let spool = FaultySpool(automatic: false)
        try await withServer(spool: spool) { server, addresses, group, _ in
            let client = try await LineClient(addresses[0], group: group)
            try await client.send(Self.opening + "x\r\n.\r\n")
            await spool.waitForOperations(1)
            async let stopped: Void = server.stop(grace: .seconds(30))
            spool.setAutomatic(true)
            let text = await client.lines(14)
            #expect(text.contains("250 2.0.0 Ok: queued as 0000000000001\r\n"))
            #expect(
                text.hasSuffix("421 4.3.2 The relay is stopping, try again later\r\n") || text.hasSuffix("0001\r\n"))
            await stopped
        }
    }

    @Test(
        "an address in use, an invalid one, and one of another machine are reported as such",
        arguments: [
            ("taken", IngressError.Code.addressInUse), ("localhost", .badAddress), ("192.0.2.1", .badAddress),
        ])
    func errors(host: String, code: IngressError.Code) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let taken = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        var settings = settings([host == "taken" ? "127.0.0.1" : host])
        if host == "taken" { settings.listeners[0].port = try #require(taken.localAddress?.port) }
        settings.listeners.insert(ListenerSettings(host: "127.0.0.1", port: 0), at: 0)
        let server = IngressServer(
            settings: settings, spool: FaultySpool(), group: group, now: { EmbeddedSession.moment }, events: { _ in })
        await #expect {
            _ = try await server.start()
        } throws: { error in
            (error as? IngressError)?.code == code && "\(error)".contains("listener")
        }
        try await taken.close()
        try await group.shutdownGracefully()
    }
}
