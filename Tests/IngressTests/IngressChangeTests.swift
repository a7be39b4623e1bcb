import Mail
import NIOCore
import NIOPosix
import SASL
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Listeners that change while the relay runs", .serialized)
struct IngressChangeTests {
    /// A running server, and the settings that it was started with.
    private struct Stage {
        let server: IngressServer
        let group: any EventLoopGroup
        let log: EventLog
        let spool: FaultySpool
        var settings: IngressSettings

        func client(_ port: Int) async throws -> LineClient {
            try await LineClient(SocketAddress(ipAddress: "127.0.0.1", port: port), group: group)
        }

        /// The banner of a new session; nil if nobody listens.
        func banner(_ port: Int) async throws -> String? {
            guard let client = try? await client(port) else { return nil }
            let line = await client.lines(1)
            try await client.close()
            return line
        }

        func change(_ body: (inout IngressSettings) -> Void) async throws {
            var settings = settings
            body(&settings)
            await server.commit(try await server.prepare(settings))
        }
    }

    private static func listener(_ port: Int, host: String = "127.0.0.1") -> ListenerSettings {
        var listener = ListenerSettings(host: host, port: port)
        listener.offer = ServerOffer()
        return listener
    }

    /// A port that is free now, and that the system gives to nobody who asks for any. Not found by listening there: a
    /// program that another test starts at that moment would keep it open a while longer.
    private static func freePort(_ group: any EventLoopGroup) async throws -> Int {
        while true {
            let port = Int.random(in: 10_000..<32_000)
            guard let channel = try? await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
            else { return port }
            try await channel.close()
        }
    }

    /// Retries while an address that was just closed is in use: a child that another test forks holds it open until `exec`.
    private static func untilFree(_ body: () async throws -> Void) async throws {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            do {
                return try await body()
            } catch let error as IngressError where error.code == .addressInUse && ContinuousClock.now < end {
                await Task.yield()
            }
        }
    }

    private func withServer(
        ports: Int = 1, _ change: (inout IngressSettings) -> Void = { _ in },
        _ body: (Stage, [Int]) async throws -> Void
    ) async throws {
        let (group, log, spool) = (MultiThreadedEventLoopGroup(numberOfThreads: 2), EventLog(), FaultySpool())
        var (settings, list) = (IngressSettings(), [Int]())
        settings.hostname = "relay.test"
        for _ in 0..<ports { list.append(try await Self.freePort(group)) }
        settings.listeners = list.prefix(1).map { Self.listener($0) }
        change(&settings)
        let server = IngressServer(
            settings: settings, spool: spool, group: group, now: { EmbeddedSession.moment }, events: { log.add($0) })
        do {
            _ = try await server.start()
            try await body(
                Stage(server: server, group: group, log: log, spool: spool, settings: settings), list)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    private static let opening = "EHLO c.test\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"

    @Test("one that is added hears, one that is removed does not, and a session of either side goes on")
    func addedAndRemoved() async throws {
        try await withServer(ports: 2) { stage, ports in
            let session = try await stage.client(ports[0])
            #expect(await session.lines(1).hasPrefix("220 "))
            try await session.send(Self.opening)
            #expect(await session.lines(11).hasSuffix("<CR><LF>\r\n"))
            try await stage.change { $0.listeners = [Self.listener(ports[1])] }
            #expect(try await stage.banner(ports[0]) == nil)
            #expect(try await stage.banner(ports[1]) == "220 relay.test ESMTP Posthorse\r\n")
            try await session.send("Subject: x\r\n\r\nhello\r\n.\r\nMAIL FROM:<a@example.org>\r\nQUIT\r\n")
            let end = await session.lines(3)
            #expect(end.hasPrefix("250 2.0.0 Ok: queued as ") && end.contains("250 2.1.0"))
            #expect(stage.spool.messages.count == 1)
            let closed = stage.log.events.filter { if case .closed = $0 { true } else { false } }
            #expect(closed.count == 1)
        }
    }

    @Test("one that changes has its new settings for new sessions, and old ones keep theirs")
    func changed() async throws {
        try await withServer { stage, ports in
            let session = try await stage.client(ports[0])
            #expect(await session.lines(1) == "220 relay.test ESMTP Posthorse\r\n")
            try await stage.change { settings in
                settings.hostname = "other.test"
                settings.listeners[0].offer.chunking = true
                settings.listeners[0].maxMessageSize = 1000
            }
            #expect(try await stage.banner(ports[0]) == "220 other.test ESMTP Posthorse\r\n")
            try await session.send("EHLO c.test\r\n")
            #expect(await session.lines(1) == "250-relay.test\r\n")
            let later = try await stage.client(ports[0])
            try await later.send("EHLO c.test\r\nQUIT\r\n")
            let text = await later.lines(10)
            #expect(text.contains("SIZE 1000") && text.contains("CHUNKING"))
        }
    }

    @Test("if one address is taken, nothing changes at all")
    func taken() async throws {
        try await withServer(ports: 3) { stage, ports in
            let other = try await ServerBootstrap(group: stage.group).bind(host: "127.0.0.1", port: ports[2]).get()
            let error = await #expect(throws: IngressError.self) {
                try await stage.change { settings in
                    settings.hostname = "other.test"
                    settings.listeners = [Self.listener(ports[1]), Self.listener(ports[2])]
                }
            }
            #expect(error?.code == .addressInUse && error?.message.contains(":\(ports[2])") == true)
            #expect(try await stage.banner(ports[0]) == "220 relay.test ESMTP Posthorse\r\n")
            #expect(try await stage.banner(ports[1]) == nil)
            try await other.close()
            try await Self.untilFree {
                try await stage.change { $0.listeners = [Self.listener(ports[1]), Self.listener(ports[2])] }
            }
            #expect(try await stage.banner(ports[2]) != nil)
        }
    }

    @Test("a listener on one address becomes one on all, and back, though the system gives the port only once")
    func wildcard() async throws {
        try await withServer { stage, ports in
            for host in ["0.0.0.0", "127.0.0.1", "0.0.0.0"] {
                try await Self.untilFree {
                    try await stage.change { $0.listeners = [Self.listener(ports[0], host: host)] }
                }
                #expect(try await stage.banner(ports[0]) == "220 relay.test ESMTP Posthorse\r\n")
            }
        }
    }

    @Test("limits hold for sessions that there are, from their next message on, and what was counted stays counted")
    func limits() async throws {
        let mail = "MAIL FROM:<a@example.org>\r\nRSET\r\n"
        try await withServer { stage, ports in
            let session = try await stage.client(ports[0])
            try await session.send("EHLO c.test\r\n" + mail)
            while !(await session.lines(1)).hasPrefix("250 2.0.0") {}
            try await stage.change { $0.limits.client.messageRate = Rate(count: 1, per: .seconds(3600)) }
            try await session.send(mail + mail)
            let text = await session.lines(4)
            #expect(text.hasPrefix("250 2.1.0") && text.contains("\r\n45"))
            try await stage.change { $0.limits.client.messageRate = Rate(count: 2, per: .seconds(3600)) }
            try await session.send(mail + mail)
            let more = await session.lines(4)
            #expect(more.hasPrefix("250 2.1.0") && more.contains("\r\n45"))
            try await stage.change { $0.limits = LimitSettings() }
            try await session.send(mail)
            #expect(await session.lines(2).hasPrefix("250 2.1.0"))
        }
    }

    @Test("slots that a limit takes away or gives back count the sessions that there are")
    func slots() async throws {
        try await withServer { stage, ports in
            let first = try await stage.client(ports[0])
            #expect(await first.lines(1).hasPrefix("220 "))
            try await stage.change { $0.listeners[0].maxConnectionsPerClient = 1 }
            #expect(try await stage.banner(ports[0])?.hasPrefix("421 ") == true)
            try await stage.change { $0.listeners[0].maxConnections = 1 }
            let waiting = try await stage.client(ports[0])
            try await stage.change { _ in }
            #expect(await waiting.lines(1).hasPrefix("220 "))
            try await stage.change { $0.limits.totalConnections = 2 }
            let last = try await stage.client(ports[0])
            try await stage.change { $0.limits.totalConnections = 3 }
            #expect(await last.lines(1).hasPrefix("220 "))
        }
    }

    @Test("header fields that a route asks for now are stored with the next message of a session")
    func capturedFields() async throws {
        let message = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        let content = "X-Tag: blue\r\n\r\nhello\r\n.\r\n"
        try await withServer { stage, ports in
            let session = try await stage.client(ports[0])
            try await session.send("EHLO c.test\r\n")
            while !(await session.lines(1)).hasPrefix("250 ") {}
            for fields in [["x-tag"], []] {
                try await stage.change { $0.capturedHeaders = fields }
                try await session.send(message)
                #expect(await session.lines(3).hasSuffix("<CR><LF>\r\n"))
                try await session.send(content)
                #expect(await session.lines(1).hasPrefix("250 2.0.0"))
            }
            #expect(stage.spool.messages.map(\.routing.headers) == [["x-tag": "blue"], [:]])
        }
    }

    @Test("messages that come by the API have the limits of the listener that is the first now")
    func submissions() async throws {
        try await withServer(ports: 2) { stage, ports in
            try await stage.change { settings in
                settings.listeners = [Self.listener(ports[1]), Self.listener(ports[0])]
                settings.listeners[0].maxMessageSize = 10
            }
            #expect(stage.server.submissionPlace()?.listener.settings.maxMessageSize == 10)
        }
    }

    @Test("users and what follows failed logins are new for the next login")
    func users() async throws {
        let hash = try PasswordHash(
            text: "$scrypt$ln=14,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA$" + String(repeating: "A", count: 43))
        try await withServer { stage, ports in
            #expect(stage.server.directory.count == 0)
            try await stage.change { settings in
                settings.users = [UserSettings(name: "app", passwordHash: hash)]
                settings.usersOfFile = [UserSettings(name: "web", passwordHash: hash)]
                settings.listeners[0].auth = .optional
                settings.listeners[0].authWithoutTLS = true
            }
            #expect(stage.server.directory["app"] != nil && stage.server.directory["web"] != nil)
            let session = try await stage.client(ports[0])
            try await session.send("EHLO c.test\r\nQUIT\r\n")
            #expect(await session.lines(10).contains("AUTH PLAIN"))
            try await stage.change { $0.users = [] }
            #expect(stage.server.directory["app"] == nil)
        }
    }

    @Test("settings that are given up leave nothing behind")
    func discarded() async throws {
        try await withServer(ports: 2) { stage, ports in
            var settings = stage.settings
            settings.listeners.append(Self.listener(ports[1]))
            let change = try await stage.server.prepare(settings)
            await stage.server.discard(change)
            #expect(try await stage.banner(ports[1]) == nil)
            #expect(try await stage.banner(ports[0]) != nil)
        }
    }

    @Test("a rehearsal finds an address that is taken, and keeps none")
    func rehearsed() async throws {
        try await withServer(ports: 3) { stage, ports in
            let other = try await ServerBootstrap(group: stage.group).bind(host: "127.0.0.1", port: ports[2]).get()
            var settings = stage.settings
            settings.listeners = [Self.listener(ports[1]), Self.listener(ports[2])]
            let latest = settings
            let error = await #expect(throws: IngressError.self) { try await stage.server.rehearse(latest) }
            #expect(error?.code == .addressInUse)
            #expect(latest.listeners.map { error?.isAbout($0) } == [false, true])
            try await other.close()
            try await stage.server.rehearse(latest)
            #expect(try await stage.banner(ports[1]) == nil)
            #expect(try await stage.banner(ports[0]) != nil)
        }
    }

    @Test("a rehearsal leaves clients of an address that overlaps a new one where they are")
    func rehearsedOverlap() async throws {
        try await withServer({ $0.listeners[0].host = "0.0.0.0" }) { stage, ports in
            var settings = stage.settings
            settings.listeners[0].host = "127.0.0.1"
            try await stage.server.rehearse(settings)
            #expect(try await stage.banner(ports[0]) == "220 relay.test ESMTP Posthorse\r\n")
        }
    }

    /// What logins answer to a name that nobody has.
    private func answer(_ logins: LoginService, _ stage: Stage) async throws -> PasswordChecker.Answer {
        try await logins.check(
            Array("x".utf8), of: "nobody", from: IPAddress(value: 0xFFFF_0A00_0001), on: stage.group.next()
        ).get()
    }

    @Test("logins that were to begin end with the settings that are given up, and those in force go on")
    func discardedLogins() async throws {
        try await withServer { stage, _ in
            var settings = stage.settings
            settings.listeners[0].auth = .optional
            settings.listeners[0].authWithoutTLS = true
            let unused = try await stage.server.prepare(settings)
            await stage.server.discard(unused)
            let first = try await answer(try #require(unused.logins), stage)
            #expect(first == .tryLater)
            await stage.server.commit(try await stage.server.prepare(settings))
            let next = try await stage.server.prepare(settings)
            await stage.server.discard(next)
            let second = try await answer(try #require(next.logins), stage)
            #expect(second == .wrong)
        }
    }
}
