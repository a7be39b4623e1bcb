import Mail
import NIOCore
import NIOPosix
import SASL
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Messages that come by the API")
struct SubmissionTests {
    private static let client = IPAddress(ipv4: 0xC000_0207)

    /// A message in parts.
    private struct Parts: AsyncSequence, AsyncIteratorProtocol {
        struct Broken: Error {}

        var parts: [String]
        var breaks = false

        func makeAsyncIterator() -> Parts { self }

        mutating func next() throws -> ByteBuffer? {
            guard !parts.isEmpty else {
                if breaks { throw Broken() }
                return nil
            }
            return ByteBuffer(string: parts.removeFirst())
        }
    }

    private func withServer(
        _ change: (inout IngressSettings) -> Void = { _ in },
        _ body: (IngressServer, FaultySpool) async throws -> Void
    ) async throws {
        let (group, spool) = (MultiThreadedEventLoopGroup(numberOfThreads: 1), FaultySpool())
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = [ListenerSettings(host: "127.0.0.1", port: 0)]
        change(&settings)
        let server = IngressServer(
            settings: settings, spool: spool, group: group, now: { EmbeddedSession.moment }, events: { _ in })
        do {
            _ = try await server.start()
            try await body(server, spool)
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    private func submit(
        _ server: IngressServer, _ parts: String..., sender: String = "a@example.org",
        recipients: [String] = ["b@example.org"], user: UserSettings? = nil, key: String? = nil, breaks: Bool = false
    ) async throws -> SubmissionResult {
        let submitter = Submitter(
            client: Self.client, user: user, key: key.flatMap { Submitter.Key(scope: "token ops", text: $0) })
        return try await server.submit(
            try SubmittedEnvelope(sender: sender, recipients: recipients), from: submitter, size: nil,
            Parts(parts: parts, breaks: breaks))
    }

    private func id(_ result: SubmissionResult) throws -> QueueID {
        guard case .accepted(let text) = result, let id = QueueID(text) else {
            throw ExpectationError(description: "\(result)")
        }
        return id
    }

    private struct ExpectationError: Error, CustomStringConvertible { let description: String }

    @Test("a message is in the spool when it is answered, with the trace of its client")
    func accepted() async throws {
        try await withServer { server, spool in
            let user = UserSettings(
                name: "shop", passwordHash: try PasswordHash(password: Array("x".utf8), includesSCRAM: false),
                priority: .bulk, route: "bulk")
            let result = try await submit(
                server, "Subject: hel", "lo\r\n\r\n.dot\r\n", recipients: ["b@example.org", "<c@example.org>"],
                user: user)
            let message = try #require(spool.messages.first)
            #expect(message.sender.description == "a@example.org" && message.user == "shop")
            #expect(message.recipients.map(\.address.text) == ["b@example.org", "c@example.org"])
            #expect(message.priority == .bulk && message.routing.route == "bulk")
            #expect(message.id == (try id(result)))
            let content = try #require(spool.text(of: message.id))
            #expect(
                content.contains(
                    "Received: from [192.0.2.7] ([192.0.2.7])\r\n\tby relay.test with HTTP id \(message.id);"))
            #expect(content.hasSuffix("Subject: hello\r\n\r\n..dot\r\n"))
        }
    }

    @Test("lines that end with LF get CRLF, however they are split; a mixture is refused")
    func lineEnds() async throws {
        try await withServer { server, spool in
            let id = try id(try await submit(server, "Subject: x", "\n\nbo", "dy\n", "."))
            #expect(spool.text(of: id)?.hasSuffix("Subject: x\r\n\r\nbody\r\n..\r\n") == true)
            for mixture in ["Subject: x\r\n\r\na\nb\r\n", "Subject: x\n\r\nb\n", "Subject: x\r\n\r\na\rb\r\n"] {
                guard case .refused(let reply, nil) = try await submit(server, mixture) else {
                    Issue.record("\(mixture) was taken")
                    continue
                }
                #expect(reply.description.hasPrefix("550 5.6.0"))
            }
        }
    }

    @Test("the limits of the listener hold, and nothing is kept of what is refused")
    func limits() async throws {
        try await withServer {
            $0.listeners[0].maxMessageSize = 200_000
            $0.listeners[0].maxRecipients = 2
            $0.listeners[0].maxHops = 2
        } _: { server, spool in
            let large = String(repeating: String(repeating: "x", count: 70) + "\r\n", count: 1000)
            guard case .refused(let size, nil) = try await submit(server, "Subject: x\r\n\r\n", large, large, large)
            else {
                Issue.record("too large")
                return
            }
            #expect(size.code == 552)
            let many = (0..<3).map { "r\($0)@example.org" }
            #expect(
                try await submit(server, "Subject: x\r\n", recipients: many)
                    == .refused(
                        Reply(
                            452, EnhancedStatusCode(4, 5, 3),
                            "Too many recipients, send to the others in another transaction"),
                        recipient: "r2@example.org"))
            guard case .refused(let loop, nil) = try await submit(server, "Received: a\r\nReceived: b\r\n\r\n") else {
                Issue.record("loop")
                return
            }
            #expect(loop.description.hasPrefix("554 5.4.6"))
            #expect(spool.messages.count == 0)
        }
    }

    @Test("senders of the listener and of the token's user hold, for the envelope and for From")
    func senders() async throws {
        try await withServer {
            $0.listeners[0].senders = try? SenderCheckTests.senders("@example.org")
        } _: { server, spool in
            var user = UserSettings(
                name: "shop", passwordHash: try PasswordHash(password: Array("x".utf8), includesSCRAM: false))
            user.senders = try SenderCheckTests.senders("a@*")
            let content = "From: b@example.org\r\n\r\nx\r\n"
            for (sender, text, owner) in [
                ("a@x.test", content, "listener takes"), ("b@example.org", content, "user may use"),
                ("a@example.org", content, "user may use"),
            ] {
                guard case .refused(let reply, nil) = try await submit(server, text, sender: sender, user: user) else {
                    Issue.record("\(sender) was taken")
                    continue
                }
                #expect(reply.description.hasPrefix("550 5.7.1 ") && reply.description.hasSuffix(owner))
            }
            _ = try id(try await submit(server, content, sender: "b@example.org"))
            _ = try id(try await submit(server, "From: a@example.org\r\n\r\nx\r\n", user: user))
            #expect(spool.messages.count == 2)
        }
    }

    @Test("a body that breaks off leaves nothing")
    func broken() async throws {
        try await withServer { server, spool in
            let large = String(repeating: "x", count: 70_000)
            await #expect(throws: Parts.Broken.self) {
                try await submit(server, "Subject: x\r\n\r\n", large, large, breaks: true)
            }
            #expect(spool.messages.count == 0)
        }
    }

    @Test("a key stands for sender, recipients and content for a day, whatever dedup_window says")
    func keys() async throws {
        try await withServer { server, spool in
            let first = try id(try await submit(server, "Subject: x\r\n\r\na\r\n", key: "k1"))
            #expect(try id(try await submit(server, "Subject: x\r\n\r\na\r\n", key: "k1")) == first)
            #expect(try id(try await submit(server, "Subject: x\r\n\r\na\r\n", key: "k2")) != first)
            #expect(spool.messages.count == 2)
            for (text, sender, recipient) in [
                ("Subject: x\r\n\r\nb\r\n", "a@example.org", "b@example.org"),
                ("Subject: x\r\n\r\na\r\n", "z@example.org", "b@example.org"),
                ("Subject: x\r\n\r\na\r\n", "a@example.org", "z@example.org"),
            ] {
                let result = try await submit(server, text, sender: sender, recipients: [recipient], key: "k1")
                guard case .refused(let reply, nil) = result else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(reply.description.contains("used for another message"))
            }
        }
    }

    @Test(
        "what is no address never becomes a command",
        arguments: ["", "a@b> SIZE=1", "a@b>\r\nRCPT TO:<c@d", "a b@c", "<a@b", "a@b\u{0}", "@", "a@b\nDATA"])
    func injection(address: String) {
        #expect(throws: SubmittedEnvelope.Malformed.self) {
            try SubmittedEnvelope(sender: "a@example.org", recipients: [address])
        }
        guard !address.isEmpty else { return }
        #expect(throws: SubmittedEnvelope.Malformed.self) {
            try SubmittedEnvelope(sender: address, recipients: ["a@example.org"])
        }
    }

    @Test("before the listeners are open, and after, no mail is taken")
    func closed() async throws {
        let server = IngressServer(
            settings: IngressSettings(), spool: FaultySpool(), group: .singletonMultiThreadedEventLoopGroup,
            now: { EmbeddedSession.moment }, events: { _ in })
        await #expect(throws: SubmissionError.closed) { try await submit(server, "Subject: x\r\n") }
    }
}
