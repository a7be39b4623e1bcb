import Mail
import COpenSSL
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import TLS

@Suite("A failed handshake")
struct FailureTests {
    /// A server certificate that a client must not trust, and the expected error.
    struct Untrusted: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let make: @Sendable (TestCertificates) throws -> TLSCertificateFiles
    }

    static let name = "mx.example.com"
    static let untrustedFiles: [Untrusted] = [
        Untrusted(testDescription: "expired", reason: "certificate has expired") {
            try $0.make("x", .init(hostNames: [name], notBefore: -7200, notAfter: -3600))
        },
        Untrusted(testDescription: "not yet valid", reason: "certificate is not yet valid") {
            try $0.make("x", .init(hostNames: [name], notBefore: 3600))
        },
        Untrusted(testDescription: "another name", reason: "hostname mismatch") { try $0.server("other.example.com") },
        Untrusted(testDescription: "wildcard within a label", reason: "hostname mismatch") {
            try $0.make("x", .init(hostNames: ["m*.example.com"]))
        },
        Untrusted(testDescription: "common name beside alternative names", reason: "hostname mismatch") {
            try $0.make("x", .init(commonName: name, hostNames: ["other.example.com"]))
        },
        Untrusted(testDescription: "self-signed", reason: "self-signed certificate") {
            try $0.makeSelfSigned("x", .init(commonName: name, hostNames: [name]))
        },
    ]

    /// The server accepts any file here, even an expired one.
    private func stage(_ make: (TestCertificates) throws -> TLSCertificateFiles, _ version: Int32) throws -> Stage {
        let certificates = try TestCertificates()
        return try Stage(certificates, files: [make(certificates)], version: version, now: { 0 })
    }

    @Test("because of the server's certificate gives the reason, once, and closes", arguments: untrustedFiles, versions)
    func untrusted(_ certificate: Untrusted, version: Int32) throws {
        let pair = try stage(certificate.make, version).pair()
        try pair.start()
        pair.client.send("AUTH PLAIN secret")
        try pair.exchange()
        let error = try #require(pair.client.seen.error)
        #expect(error.code == .untrusted)
        #expect(error.message == "the certificate of mx.example.com is not trusted")
        #expect(error.causes == [certificate.reason])
        #expect(pair.client.seen.errors.count == 1)
        #expect(pair.client.seen.details == nil)
        #expect(!pair.client.channel.isActive)
        #expect(pair.server.seen.text.isEmpty)
        #expect(pair.server.seen.errors.count == 1)
        #expect(ERR_peek_error() == 0)
    }

    @Test("does not happen if certificates are not verified", arguments: versions)
    func unverified(version: Int32) throws {
        let stage = try stage(Self.untrustedFiles[0].make, version)
        let client = try TLSClientContext(TLSClientSettings(verifies: false))
        let pair = TLSPair(stage.server, client)
        try pair.connect()
        #expect(pair.client.seen.details != nil)
        #expect(pair.client.seen.errors.isEmpty)
    }

    @Test("because the system does not know the authority says so")
    func systemStore() throws {
        let stage = try Stage()
        let pair = TLSPair(stage.server, try TLSClientContext(TLSClientSettings()))
        try pair.connect()
        #expect(pair.client.seen.error?.code == .untrusted)
        #expect(pair.client.seen.error?.causes == ["unable to get local issuer certificate"])
    }

    @Test(
        "because the peer does not speak TLS says so and closes",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http request"),
            ("EHLO client.example.com\r\n", "wrong version number"),
            ("\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}", "wrong version number"),
        ])
    func garbage(text: String, cause: String) throws {
        for size in [1, 1000] {
            let server = End(TLSHandler(server: try Stage().server))
            try server.activate()
            var garbage = ByteBuffer(string: text)
            while server.channel.isActive, let piece = garbage.readSlice(length: min(size, garbage.readableBytes)),
                piece.readableBytes > 0
            {
                try server.channel.writeInbound(piece)
            }
            #expect(server.seen.error?.code == .handshake)
            #expect(server.seen.error?.causes == [cause])
            #expect(server.seen.errors.count == 1)
            #expect(!server.channel.isActive)
        }
    }

    @Test("because the versions do not overlap sends an alert")
    func version() throws {
        let stage = try Stage()
        SSL_CTX_ctrl(stage.client.shared.pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
        SSL_CTX_set_cipher_list(stage.client.shared.pointer, "ALL:@SECLEVEL=0")
        stage.client.limit(to: TLS1_1_VERSION)
        let pair = try stage.connected()
        #expect(pair.server.seen.error?.causes == ["unsupported protocol"])
        #expect(pair.client.seen.error?.causes == ["tlsv1 alert protocol version"])
        #expect(pair.client.seen.error?.code == .handshake)
    }

    @Test("because no cipher is shared sends an alert")
    func cipher() throws {
        let stage = try Stage(version: TLS1_2_VERSION)
        SSL_CTX_set_cipher_list(stage.client.shared.pointer, "ECDHE-RSA-AES128-GCM-SHA256")
        let pair = try stage.connected()
        #expect(pair.server.seen.error?.causes == ["no shared cipher"])
        #expect(pair.client.seen.error?.code == .handshake)
    }

    @Test("because the peer is silent ends in time", arguments: [true, false])
    func timeout(isServer: Bool) throws {
        let stage = try Stage()
        let handler =
            isServer
            ? TLSHandler(server: stage.server, handshakeTimeout: .seconds(7))
            : TLSHandler(client: stage.client, serverName: Self.name, handshakeTimeout: .seconds(7))
        let end = End(handler)
        try end.activate()
        end.channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(end.channel.isActive)
        end.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(end.seen.error?.code == .timeout)
        #expect(end.seen.errors.count == 1)
        #expect(!end.channel.isActive)
    }

    @Test("because the peer is gone says so, and fails pending writes", arguments: [true, false])
    func lost(byHalfClose: Bool) throws {
        let pair = try Stage().pair()
        try pair.start()
        let written = pair.client.channel.writeAndFlush(ByteBuffer(string: "EHLO"))
        if byHalfClose {
            pair.client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            pair.client.lose()
        }
        #expect(pair.client.seen.error?.code == .handshake)
        #expect(pair.client.seen.errors.count == 1)
        #expect(!pair.client.channel.isActive)
        #expect(throws: TLSError.self) { try written.wait() }
    }

    @Test("because of an invalid server name says so")
    func badName() throws {
        let stage = try Stage()
        let pair = stage.pair(name: String(repeating: "x", count: 300))
        try pair.connect()
        #expect(pair.client.seen.error?.code == .cryptography)
        #expect(!pair.client.channel.isActive)
    }

    @Test("leaves the next one unharmed", arguments: versions)
    func next(version: Int32) throws {
        let stage = try Stage(version: version)
        for _ in 0..<3 {
            let bad = End(TLSHandler(server: stage.server))
            try bad.activate()
            try bad.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.0\r\n\r\n"))
            #expect(try stage.connected().client.seen.details != nil)
        }
    }

    @Test("buffers only a limited amount of writes")
    func writes() throws {
        let pair = try Stage().pair()
        try pair.start()
        let piece = ByteBuffer(repeating: 0, count: TLSHandler.handshakeWriteLimit / 4)
        for _ in 0..<4 { pair.client.channel.write(piece, promise: nil) }
        #expect(pair.client.seen.errors.isEmpty)
        pair.client.channel.write(piece, promise: nil)
        #expect(pair.client.seen.error?.code == .handshake)
        #expect(!pair.client.channel.isActive)
    }
}
