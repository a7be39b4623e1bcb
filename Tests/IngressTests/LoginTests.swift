import Mail
import NIOCore
import NIOEmbedded
import NIOPosix
import SASL
import SMTP
import Spool
import Synchronization
import TLS
import TestKit
import Testing

@testable import Ingress

/// RFC 4954, on real sockets, because passwords are checked on other threads.
@Suite("Logins", .serialized)
struct LoginTests {
    private static let cost = PasswordCost(exponent: 10, blockSize: 8, parallelism: 1, scramIterations: 4096)
    private static let good = "AUTH PLAIN " + Base64.encode(Array("\0app\0secret".utf8))
    private static let bad = "AUTH PLAIN " + Base64.encode(Array("\0app\0guess".utf8))
    private static let mail = "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nBDAT 3 LAST\r\nx\r\n"

    private func user(priority: Priority? = nil, route: String? = nil) throws -> UserSettings {
        UserSettings(
            name: "app", passwordHash: try PasswordHash(password: Array("secret".utf8), cost: Self.cost),
            priority: priority, route: route)
    }

    private func withServer(
        priority: Priority? = nil, route: String? = nil, _ change: (inout ListenerSettings) -> Void = { _ in },
        login: (inout LoginSettings) -> Void = { _ in }, seen: @escaping @Sendable (IngressEvent) -> Void = { _ in },
        _ body: (SocketAddress, any EventLoopGroup, FaultySpool) async throws -> Void
    ) async throws -> [IngressEvent] {
        var listener = ListenerSettings(host: "127.0.0.1", port: 0)
        listener.auth = .required
        listener.authWithoutTLS = true
        change(&listener)
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = [listener]
        settings.users = [try user(priority: priority, route: route)]
        settings.login.failureDelay = .zero
        login(&settings.login)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let events = Mutex<[IngressEvent]>([])
        let spool = FaultySpool()
        let server = IngressServer(
            settings: settings, spool: spool, group: group, now: { EmbeddedSession.moment },
            events: { event in
                events.withLock { $0.append(event) }
                seen(event)
            })
        do {
            try await body(try #require(try await server.start().first), group, spool)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
        return events.withLock { $0 }
    }

    /// Sends the lines one by one, each after the previous reply; returns the replies, except EHLO's.
    private func talk(_ lines: [String], to address: SocketAddress, _ group: any EventLoopGroup) async throws -> String
    {
        let client = try await LineClient(address, group: group)
        _ = await client.lines(1)
        try await client.send("EHLO client.test\r\n")
        while await !client.lines(1).hasPrefix("250 ") {}
        var replies = ""
        for line in lines {
            try await client.send(line + "\r\n")
            replies += await client.lines(1)
        }
        try await client.close()
        return replies
    }

    @Test("no mail is accepted before a login, and the user is stored with the mail")
    func required() async throws {
        let events = try await withServer { address, group, spool in
            let client = try await LineClient(address, group: group)
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\nMAIL FROM:<>\r\n\(Self.good)\r\n\(Self.mail)")
            var lines = ""
            while !lines.contains("queued as"), !lines.contains("\r\n5"), case let line = await client.lines(1),
                !line.isEmpty
            {
                lines += line
                if line.hasPrefix("530 ") { lines = line.replacing("530", with: "refused") }
            }
            #expect(lines.hasPrefix("refused 5.7.0 Authentication required\r\n235 2.7.0 "))
            #expect(try await spool.message(QueueID(rawValue: 1))?.user == "app")
            #expect(spool.text(of: QueueID(rawValue: 1))?.contains(" with ESMTPA id ") == true)
            try await client.close()
        }
        #expect(events.contains { if case .loggedIn("app", "127.0.0.1", "PLAIN") = $0 { true } else { false } })
    }

    @Test("a user's route is stored with all mail of that user, and with no other")
    func route() async throws {
        _ = try await withServer(route: "bulk", { $0.auth = .optional }) { address, group, spool in
            let client = try await LineClient(address, group: group)
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\n")
            while await !client.lines(1).hasPrefix("250 ") {}
            for line in [Self.mail, Self.good + "\r\n", Self.mail] {
                try await client.send(line)
                _ = await client.lines(line == Self.mail ? 3 : 1)
            }
            #expect(spool.messages.map(\.routing.route) == [nil, "bulk"])
            try await client.close()
        }
    }

    @Test("LOGIN asks twice, and each mechanism can be cancelled")
    func login() async throws {
        _ = try await withServer { address, group, _ in
            let replies = try await talk(
                ["AUTH PLAIN", "*", "AUTH LOGIN", "YXBw", Base64.encode(Array("secret".utf8)), "AUTH PLAIN"],
                to: address,
                group)
            #expect(
                replies == """
                    334 \r
                    501 5.7.0 Authentication cancelled\r
                    334 VXNlcm5hbWU6\r
                    334 UGFzc3dvcmQ6\r
                    235 2.7.0 Authentication succeeded\r
                    503 5.5.1 Authenticated already\r

                    """)
        }
    }

    @Test("SCRAM-SHA-256 succeeds with the password, and fails with another", arguments: ["secret", "guess"])
    func scram(password: String) async throws {
        _ = try await withServer { address, group, _ in
            let client = try await LineClient(address, group: group)
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\n")
            while await !client.lines(1).hasPrefix("250 ") {}
            let credentials = Credentials(username: "app", secret: .password(Array(password.utf8)))
            var exchange = try SASLClient(.scramSHA256, credentials: credentials, binding: nil, nonce: SCRAMNonce())
            var line = "AUTH SCRAM-SHA-256 " + Base64.encode(exchange.start() ?? [])
            var reply = ""
            repeat {
                try await client.send(line + "\r\n")
                reply = await client.lines(1)
                guard reply.hasPrefix("334 ") else { break }
                let challenge = try #require(Base64.decode(Array(reply.dropFirst(4).dropLast().utf8)))
                line = Base64.encode(try exchange.respond(to: challenge))
            } while true
            #expect(reply.hasPrefix(password == "secret" ? "235 2.7.0 " : "535 5.7.8 "))
            if password == "secret" { try exchange.succeeded() }
            try await client.close()
        }
    }

    @Test("failures are counted, and lock out the address, but not the user elsewhere")
    func lockout() async throws {
        let events = try await withServer(login: { $0.maxFailures = 2 }) { address, group, _ in
            let first = try await talk([Self.bad, Self.bad], to: address, group)
            #expect(
                first
                    == "535 5.7.8 Authentication credentials invalid\r\n421 4.7.0 Too many failed authentications, closing the connection\r\n"
            )
            let second = try await talk([Self.good], to: address, group)
            #expect(second == "454 4.7.0 Temporary authentication failure\r\n")
        }
        let failures = events.compactMap {
            if case .loginFailed(let user, _, let isLockedOut) = $0 { (user, isLockedOut) } else { nil }
        }
        #expect(failures.map(\.0) == ["app", "app"] && failures.map(\.1) == [false, true])
    }

    @Test("a guess counts even if the guesser hangs up before the answer")
    func hangingUp() async throws {
        let counted = Counter()
        let events = try await withServer(login: { $0.maxFailures = 1 }, seen: counted.note) { address, group, _ in
            let client = try await LineClient(address, group: group)
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\n\(Self.bad)\r\n")
            try await client.close()
            await counted.failure()
            let reply = try await talk([Self.good], to: address, group)
            #expect(reply == "454 4.7.0 Temporary authentication failure\r\n")
        }
        #expect(events.contains { if case .loginFailed("app", _, true) = $0 { true } else { false } })
    }

    @Test("a slow answer to a failure is sent despite a short command timeout")
    func lateReply() throws {
        var settings = LoginSettings()
        settings.failureDelay = .seconds(5)
        let logins = try LoginService(directory: UserDirectory([try user()]), settings: settings)
        let session = try EmbeddedSession(logins: logins) {
            $0.auth = .required
            $0.authWithoutTLS = true
            $0.commandTimeout = .seconds(1)
        }
        try session.send("EHLO client.test\r\n")
        #expect(try session.send("AUTH PLAIN AAAA\r\n") == "")
        session.eventLoop.advanceTime(by: .seconds(4))
        #expect(try session.replies() == "")
        session.eventLoop.advanceTime(by: .seconds(1))
        #expect(try session.replies().hasPrefix("501 5.5.2 "))
        session.eventLoop.advanceTime(by: .seconds(1))
        #expect(try session.replies().hasPrefix("421 4.4.2 "))
    }

    /// Waits for a failed login.
    private final class Counter: Sendable {
        private let failures = AsyncStream.makeStream(of: Void.self)

        @Sendable
        func note(_ event: IngressEvent) {
            if case .loginFailed = event { failures.continuation.yield() }
        }

        func failure() async {
            for await _ in failures.stream { return }
        }
    }

    @Test("passwords in clear text are accepted only if the listener permits")
    func hidden() async throws {
        let certificates = try TestCertificates()
        let files = try certificates.make("relay", .init(hostNames: ["relay.test"]))
        _ = try await withServer { listener in
            listener.authWithoutTLS = false
            listener.tlsMode = .starttls
            (listener.certificates, listener.privateKeys) = ([files.certificate], [files.privateKey])
        } _: { address, group, _ in
            let replies = try await talk([Self.good], to: address, group)
            #expect(replies == "538 5.7.11 Encryption required for authentication\r\n")
        }
    }

    @Test("with auth optional, allow decides who needs no login")
    func optional() async throws {
        for (allow, expected) in [(["127.0.0.0/8"], "250 2.1.0 Ok\r\n"), ([], "530 5.7.0 Authentication required\r\n")]
        {
            _ = try await withServer { listener in
                listener.auth = .optional
                listener.allow = allow
            } _: { address, group, _ in
                let reply = try await talk(["MAIL FROM:<>"], to: address, group)
                #expect(reply == expected)
            }
        }
    }

    @Test("the user's class applies to the mail, whatever the mail asks for")
    func priority() async throws {
        _ = try await withServer(priority: .bulk) {
            $0.offer.transferPriority = true
        } _: { address, group, spool in
            let replies = try await talk(
                [Self.good, "MAIL FROM:<a@x.test> MT-PRIORITY=4", "RCPT TO:<b@x.test>", "BDAT 3 LAST\r\nx"],
                to: address,
                group)
            #expect(replies.hasPrefix("235 2.7.0 Authentication succeeded\r\n250 2.3.6 "))
            #expect(try await spool.message(QueueID(rawValue: 1))?.priority == .bulk)
        }
    }

    @Test(
        "a user without a class may raise that of a message, by header; one with a class may not",
        arguments: [
            (nil, "X-Posthorse-Priority: high", .high), (nil, "X-Posthorse-Priority: bulk", .bulk),
            (.normal, "X-Posthorse-Priority: high", .normal), (.normal, "X-Posthorse-Priority: rubbish", .normal),
        ] as [(Priority?, String, Priority)])
    func asks(own: Priority?, field: String, expected: Priority) async throws {
        _ = try await withServer(priority: own) { _ in
        } _: { address, group, spool in
            let size = field.utf8.count + 2
            let replies = try await talk(
                [Self.good, "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "BDAT \(size) LAST\r\n\(field)"],
                to: address, group)
            #expect(replies.contains("\r\n250 2.0.0 Ok: queued as "))
            #expect(try await spool.message(QueueID(rawValue: 1))?.priority == expected)
        }
    }
}
