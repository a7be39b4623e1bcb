import Dialogue
import Mail
import NIOCore
import NIOEmbedded
import NIOPosix
import SASL
import SMTP
import Spool
import TestKit
import Testing
import Upstreams

@testable import Ingress

@Suite("What a trace shows of clients' sessions")
struct TraceTests {
    private let hub = TraceHub(now: { EmbeddedSession.moment }, instant: { MonotonicInstant(nanoseconds: 0) })

    private func start(_ filter: TraceFilter? = nil, content: Bool = false) throws -> Trace {
        let filter = try filter ?? .client(#require(IPNetwork("127.0.0.0/8")))
        return try #require(hub.start(TraceOrder(filter, showsContent: content)) { _ in })
    }

    private func session(
        client: String = "127.0.0.1", _ change: (inout ListenerSettings) -> Void = { _ in }
    ) throws -> EmbeddedSession {
        try EmbeddedSession(client: client, traces: hub, change)
    }

    /// `<- DATA`, `-> 354 ...`, `** closed by the client`.
    private func lines(_ trace: Trace) -> [String] {
        trace.take().map { line in
            switch line.direction {
            case .sent: "-> \(line.text)"
            case .received: "<- \(line.text)"
            case .note: "** \(line.text)"
            }
        }
    }

    private static let opening = "EHLO client.test\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"

    @Test("a message, from the connection to its end, at every split")
    func message() throws {
        let whole =
            "HELO client.test\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\n"
        for cut in 0..<whole.utf8.count {
            let trace = try start()
            defer { hub.end(trace, .reader) }
            let session = try session()
            try session.send(String(whole.prefix(cut)))
            try session.send(String(whole.dropFirst(cut)))
            try session.send("QUIT\r\n")
            let said = lines(trace).filter { !$0.hasPrefix("** closed") }
            #expect(said.first?.hasPrefix("** connected") == true)
            #expect(
                said.dropFirst() == [
                    "-> 220 relay.test ESMTP Posthorse", "<- HELO client.test", "-> 250 relay.test",
                    "<- MAIL FROM:<a@x.test>", "-> 250 2.1.0 Ok", "<- RCPT TO:<b@x.test>", "-> 250 2.1.5 Ok", "<- DATA",
                    "-> 354 End data with <CR><LF>.<CR><LF>", "<- [18 octets of content]", "<- .",
                    "-> 250 2.0.0 Ok: queued as 0000000000001", "<- QUIT", "-> 221 2.0.0 Bye",
                ], "cut at \(cut)")
            _ = try? session.channel.finish()
        }
    }

    @Test("content is shown to those who ask for it, by DATA and in chunks")
    func content() throws {
        let trace = try start(content: true)
        let session = try session()
        try session.send(Self.opening + "BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\n")
        try session.send("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nc\u{1B}\r\n.\r\n")
        let said = lines(trace)
        for line in ["<- a", "<- b", "<- c\\x1B"] { #expect(said.contains(line)) }
        #expect(!said.contains { $0.contains("octets of content") })
    }

    @Test("only clients in the network")
    func network() throws {
        let trace = try start(.client(try #require(IPNetwork("192.0.2.0/24"))))
        let session = try session()
        try session.send(Self.opening)
        #expect(lines(trace) == [])
        _ = try self.session(client: "192.0.2.7") { $0.allow = ["192.0.2.0/24"] }
        #expect(lines(trace).first?.hasPrefix("** connected") == true)
    }

    @Test("by the address in the PROXY header, not by the proxy's")
    func proxy() throws {
        let trace = try start(.client(try #require(IPNetwork("192.0.2.7"))))
        let stage = try session { $0.allow = ["192.0.2.0/24"] }
        let session = SessionHandler(loop: stage.loop, listener: stage.handler.listener)
        let proxy = ProxyHandler(session: session, timeout: .seconds(5), events: stage.loop.events)
        let channel = EmbeddedChannel(handlers: [proxy, session], loop: stage.eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "10.9.9.9", port: 40_000)).wait()
        try channel.writeInbound(
            ByteBuffer(string: "PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nEHLO client.test\r\n"))
        let said = trace.take()
        #expect(said.first?.text.contains("by the proxy 10.9.9.9:40000") == true)
        #expect(said.first?.party?.peer == "192.0.2.7:40000")
        #expect(said.contains { $0.text == "EHLO client.test" })
    }

    @Test("a session that began before the trace is told from then on")
    func joins() throws {
        let session = try session()
        try session.send(Self.opening)
        let (trace, one) = (try start(), try start(.recipient(try #require(RecipientPattern("b@x.test")))))
        try session.send("RCPT TO:<c@x.test>\r\n")
        for trace in [trace, one] {
            let said = lines(trace).suffix(2)
            #expect(said == ["<- RCPT TO:<c@x.test>", "-> 250 2.1.5 Ok"])
        }
    }

    @Test("one recipient's transactions, refused ones too, and no other of the session")
    func recipient() throws {
        let trace = try start(.recipient(try #require(RecipientPattern("b@x.test"))))
        let session = try session()
        try session.send("EHLO client.test\r\nMAIL FROM:<1@x.test>\r\nRCPT TO:<c@x.test>\r\nRSET\r\n")
        try session.send("MAIL FROM:<2@x.test>\r\nRCPT TO:<c@x.test>\r\nRCPT TO:<b@x.test> ODD=1\r\nRSET\r\n")
        try session.send("MAIL FROM:<3@x.test>\r\nRCPT TO:<c@x.test>\r\nQUIT\r\n")
        let said = lines(trace)
        #expect(said.first == "<- MAIL FROM:<2@x.test>")
        #expect(said.contains("<- RCPT TO:<b@x.test> ODD=1") && said.contains { $0.hasPrefix("-> 555 ") })
        #expect(said.suffix(2) == ["<- RSET", "-> 250 2.0.0 Ok"])
        #expect(!said.contains { $0.contains("1@x.test") || $0.contains("3@x.test") || $0.contains("EHLO") })
    }

    @Test("malformed, long and unknown lines are told by their size")
    func malformed() throws {
        let trace = try start()
        let session = try session()
        try session.send("EHLO client.test\r\nSECRET word\r\nMAIL FROM:<a@x.test>\nstill the line\r\nNOOP\r\n")
        let said = lines(trace)
        #expect(said.contains("<- [11 octets that are no command]"))
        #expect(said.contains("<- [37 octets that are no command]"))
        #expect(said.contains("<- NOOP"))
        #expect(!said.contains { $0.contains("word") || $0.contains("still") })
    }

    // MARK: Logins

    private static let password = "zq7!Kp2#wV9xTr"
    private static let secrets = [
        password, Base64.encode(password.utf8), Base64.encode("\0app\0\(password)".utf8),
        Base64.encode("\0app\0\(password)x".utf8),
    ]

    /// On real sockets, because passwords are checked on other threads.
    private func withServer(_ body: (SocketAddress, any EventLoopGroup) async throws -> Void) async throws {
        var listener = ListenerSettings(host: "127.0.0.1", port: 0)
        listener.auth = .optional
        listener.authWithoutTLS = true
        listener.maxErrors = 1000
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = [listener]
        let cost = PasswordCost(exponent: 10, blockSize: 8, parallelism: 1, scramIterations: 4096)
        settings.users = [
            UserSettings(name: "app", passwordHash: try PasswordHash(password: Array(Self.password.utf8), cost: cost))
        ]
        settings.login.failureDelay = .zero
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = IngressServer(
            settings: settings, spool: FaultySpool(), group: group, now: { EmbeddedSession.moment }, traces: hub,
            events: { _ in })
        do {
            try await body(try #require(try await server.start().first), group)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    @Test("no secret of a login is in a line, in whatever order and however split the client sends it")
    func secrets() async throws {
        try await withServer { address, group in
            let first = UInt64.random(in: 0...UInt64(UInt32.max))
            for seed in first..<first + 60 {
                var generator = SeededGenerator(seed: seed)
                let trace = try start(content: true)
                defer { hub.end(trace, .reader) }
                let client = try await LineClient(address, group: group)
                for _ in 0..<20 { try? await client.send(Self.words(&generator)) }
                try? await client.send("\r\n*\r\nRSET\r\nQUIT\r\n")
                _ = await client.lines(1000)
                let said = lines(trace)
                #expect(said.count > 5, "seed \(seed)")
                for line in said {
                    let isSilent = Self.secrets.allSatisfy { !line.contains($0.dropLast(4)) }
                    #expect(isSilent, "seed \(seed): \(line)")
                }
            }
        }
    }

    @Test("a login that fails, and one that succeeds, with the user and without the password")
    func login() async throws {
        try await withServer { address, group in
            let trace = try start()
            let client = try await LineClient(address, group: group)
            try await client.send(
                "EHLO x\r\nAUTH PLAIN \(Self.secrets[3])\r\nAUTH PLAIN \(Self.secrets[2])\r\nQUIT\r\n")
            _ = await client.lines(1000)
            let said = lines(trace)
            #expect(said.contains("** login failed, user app") && said.contains("** logged in as app with PLAIN"))
            #expect(said.contains { $0.hasPrefix("-> 535 ") } && said.contains { $0.hasPrefix("-> 235 ") })
            #expect(said.contains("<- AUTH PLAIN [\(Self.secrets[2].utf8.count) octets of a login]"))
        }
    }

    /// What clients say in the wrong order.
    private static func words(_ generator: inout SeededGenerator) -> String {
        let secret = secrets.randomElement(using: &generator) ?? ""
        let lines = [
            "EHLO client.test\r\n", "AUTH PLAIN \(secret)\r\n", "AUTH PLAIN\r\n", "AUTH LOGIN\r\n",
            "AUTH LOGIN YXBw\r\n",
            "\(secret)\r\n", "\(secret)\r\n", "YXBw\r\n", "*\r\n", "MAIL FROM:<a@x.test>\r\n", "RCPT TO:<b@x.test>\r\n",
            "RSET\r\n", "AUTH LOGIN\r\nYXBw\r\n\(secret)\r\nMAIL FROM:<a@x.test>\r\n",
            "AUTH SCRAM-SHA-256 \(secret)\r\n",
            "AUTH PLAIN \(secret)\nx\r\n", "\(secret)\n\r\n", "AUTH \(secret)\r\n", "AUTH ", "PLAIN ", secret,
        ]
        return lines.randomElement(using: &generator) ?? ""
    }
}
