import Mail
import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import Ingress

@Suite("Full listeners", .serialized)
struct AcceptGateTests {
    private func withServer(
        _ change: (inout IngressSettings) -> Void, inherited: InheritedSockets = InheritedSockets(),
        _ body: ([SocketAddress], any EventLoopGroup, EventLog) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let log = EventLog()
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = [ListenerSettings(host: "127.0.0.1", port: 0)]
        change(&settings)
        let server = IngressServer(
            settings: settings, spool: FaultySpool(), group: group, inherited: inherited,
            now: { EmbeddedSession.moment }, events: { log.add($0) })
        do {
            try await body(try await server.start(), group, log)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    private func news(_ log: EventLog) -> [String] {
        log.events.compactMap { event in
            switch event {
            case .acceptingPaused(_, let cause): cause
            case .acceptingResumed: "resumed"
            case .socketIgnored(let name, let reason): "\(name): \(reason)"
            default: nil
            }
        }
    }

    @Test("connections beyond the limit wait silently, and are greeted when a session ends")
    func full() async throws {
        try await withServer {
            $0.listeners[0].maxConnections = 2
        } _: { addresses, group, log in
            let first = try await LineClient(addresses[0], group: group)
            let second = try await LineClient(addresses[0], group: group)
            #expect(await first.lines(1).hasPrefix("220 "))
            #expect(await second.lines(1).hasPrefix("220 "))
            let third = try await LineClient(addresses[0], group: group)
            try await third.send("EHLO third.test\r\n")
            // Once these have had their turn, so has the listener's loop.
            for _ in 0..<20 {
                try await first.send("NOOP\r\n")
                #expect(await first.lines(1).hasPrefix("250 "))
            }
            #expect(log.sessionsOpened == 2)
            #expect(news(log) == ["max_connections"])
            try await first.close()
            #expect(await third.lines(2).contains("\r\n250-relay.test"))
            try await second.close()
            try await third.close()
        }
    }

    @Test("the total limit holds all listeners, and any end makes room for any of them")
    func total() async throws {
        try await withServer {
            $0.limits.totalConnections = 1
            $0.listeners.append($0.listeners[0])
        } _: { addresses, group, log in
            let first = try await LineClient(addresses[0], group: group)
            #expect(await first.lines(1).hasPrefix("220 "))
            try await first.send("QUIT\r\n")
            #expect(await first.lines(1).hasPrefix("221 "))
            try await first.close()
            for round in 0..<4 {
                let next = try await LineClient(addresses[round % 2], group: group)
                #expect(await next.lines(1).hasPrefix("220 "))
                try await next.close()
            }
            #expect(log.sessionsOpened == 5)
        }
    }

    @Test("an existing socket is used, and an unwanted one is closed and named")
    func inherited() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let wanted = try ListeningSocket()
        let other = try ListeningSocket()
        let sockets = InheritedSockets([
            .init(descriptor: wanted.descriptor, name: "smtp"), .init(descriptor: other.descriptor, name: "spare"),
            .init(descriptor: 0x7FFF, name: "nothing"),
        ])
        try await withServer(
            { $0.listeners[0].port = wanted.port }, inherited: sockets
        ) { addresses, clients, log in
            #expect(addresses[0].port == wanted.port)
            #expect(
                news(log) == [
                    "nothing: it is not a socket", "spare: no [[listener]] has the address 127.0.0.1:\(other.port)",
                ])
            let client = try await LineClient(addresses[0], group: clients)
            #expect(await client.lines(1).hasPrefix("220 "))
            try await client.close()
        }
        try await group.shutdownGracefully()
    }

    static let environments: [(variables: [String: String], names: [String])] = [
        ([:], []), (["LISTEN_PID": "42", "LISTEN_FDS": "2"], ["3 unknown", "4 unknown"]),
        (["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp:submission"], ["3 smtp", "4 submission"]),
        (["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp"], ["3 smtp", "4 unknown"]),
        (["LISTEN_PID": "43", "LISTEN_FDS": "2"], []), (["LISTEN_FDS": "2"], []),
        (["LISTEN_PID": "42", "LISTEN_FDS": "-1"], []), (["LISTEN_PID": "42", "LISTEN_FDS": "x"], []),
        (["LISTEN_PID": "42", "LISTEN_FDS": "99999999"], []), (["LISTEN_PID": "", "LISTEN_FDS": "0"], []),
    ]

    @Test("the variables are believed only if meant for this process", arguments: environments.indices)
    func environment(index: Int) {
        let (variables, names) = Self.environments[index]
        let entries = InheritedSockets.entries(variables, process: 42)
        #expect(entries.map { "\($0.descriptor) \($0.name)" } == names)
    }
}

extension EventLog {
    var sessionsOpened: Int {
        events.count { event in
            switch event {
            case .sessionOpened: true
            default: false
            }
        }
    }
}
