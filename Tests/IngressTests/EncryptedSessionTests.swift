import Mail
import NIOCore
import NIOEmbedded
import NIOPosix
import SMTP
import Spool
import TLS
import TestKit
import Testing

@testable import Ingress

@Suite("Sessions over TLS", .serialized)
struct EncryptedSessionTests {
    private static let mail =
        "EHLO client.test\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nBDAT 3 LAST\r\nx\r\n"

    private func withClient(
        isImplicit: Bool, _ body: (LineClient, FaultySpool) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        var listener = ListenerSettings(host: "127.0.0.1", port: 0)
        listener.offer = ServerOffer()
        let files = try certificates.make("relay", .init(hostNames: ["relay.test"]))
        (listener.certificates, listener.privateKeys) = ([files.certificate], [files.privateKey])
        listener.tlsMode = isImplicit ? .implicit : .required
        var settings = IngressSettings()
        settings.hostname = "relay.test"
        settings.listeners = [listener]
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let spool = FaultySpool()
        let server = IngressServer(
            settings: settings, spool: spool, group: group, now: { EmbeddedSession.moment }, events: { _ in })
        do {
            let address = try #require(try await server.start().first)
            let client = try await LineClient(address, group: group)
            try await body(client, spool)
            try await client.close()
        } catch {
            Issue.record(error)
        }
        await server.stop(grace: .zero)
        try await group.shutdownGracefully()
    }

    /// RFC 3207 section 4.
    @Test("mail is accepted after STARTTLS, and not before")
    func startTLS() async throws {
        try await withClient(isImplicit: false) { client, spool in
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\nMAIL FROM:<>\r\nSTARTTLS\r\n")
            let clear = await client.lines(11)
            #expect(clear.contains("250-STARTTLS\r\n"))
            #expect(
                clear.hasSuffix("530 5.7.0 Must issue a STARTTLS command first\r\n220 2.0.0 Ready to start TLS\r\n"))
            try await client.startTLS()
            try await client.send("MAIL FROM:<>\r\n" + Self.mail)
            let replies = await client.lines(12)
            #expect(replies.hasPrefix("503 5.5.1 Send EHLO first\r\n"))
            #expect(!replies.contains("STARTTLS"))
            #expect(replies.hasSuffix("250 2.0.0 Ok: queued as 0000000000001\r\n"))
            #expect(spool.text(of: QueueID(rawValue: 1))?.contains(" with ESMTPS id ") == true)
        }
    }

    @Test("clear-text octets after STARTTLS are not executed, and the session ends")
    func injection() async throws {
        try await withClient(isImplicit: false) { client, spool in
            _ = await client.lines(1)
            try await client.send("EHLO client.test\r\nSTARTTLS\r\nEHLO evil.test\r\n")
            let replies = await client.lines(10)
            #expect(replies.hasSuffix("554 5.5.1 Nothing may follow STARTTLS before its reply, closing\r\n"))
            #expect(await client.lines(1) == "")
        }
    }

    /// RFC 8314 section 3.3.
    @Test("with implicit TLS the banner comes after the handshake")
    func implicit() async throws {
        try await withClient(isImplicit: true) { client, spool in
            try await client.startTLS()
            #expect(await client.lines(1) == "220 relay.test ESMTP Posthorse\r\n")
            try await client.send(Self.mail)
            #expect(await client.lines(11).hasSuffix("250 2.0.0 Ok: queued as 0000000000001\r\n"))
            #expect(spool.text(of: QueueID(rawValue: 1))?.contains(" with ESMTPS id ") == true)
        }
    }

    /// A client that does not wait, such as a script behind `openssl s_client`, is served all the same: in clear text,
    /// too, octets sent before the banner cannot be told from later ones (RFC 5321 section 4.3.1).
    @Test("commands sent with the end of the handshake are answered after the banner")
    func earlyTalker() throws {
        let details = TLSConnectionDetails(version: "TLSv1.3", cipher: "")
        let session = try EmbeddedSession { $0.tlsMode = .implicit }
        #expect(try session.replies() == "")
        session.channel.pipeline.fireUserInboundEventTriggered(TLSHandshakeCompleted(details: details))
        #expect(try session.send("NOOP\r\n") == "220 relay.test ESMTP Posthorse\r\n250 2.0.0 Ok\r\n")
    }
}
