import Mail
import COpenSSL
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import TLS

@Suite("A handshake")
struct HandshakeTests {
    @Test("works with either kind of key and either version", arguments: TestCertificates.Key.allCases, versions)
    func agreement(key: TestCertificates.Key, version: Int32) throws {
        let certificates = try TestCertificates()
        let stage = try Stage(certificates, files: [certificates.server(key: key)], version: version)
        let pair = try stage.connected()
        let details = try #require(pair.server.seen.details)
        #expect(details.version == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"))
        #expect(details.cipher.contains("AES"))
        #expect(details.summary == "\(details.version) \(details.cipher)")
        #expect(!details.isResumed)
        #expect(details.serverName == "mx.example.com")
        #expect(details.peerSubject == nil)
        #expect(pair.client.seen.details == details)
    }

    @Test("carries data both ways, in order", arguments: versions)
    func data(version: Int32) throws {
        let pair = try Stage(version: version).connected()
        for count in 1...50 {
            pair.client.send("EHLO \(count)\r\n")
            pair.server.send("250 \(count)\r\n")
        }
        try pair.exchange()
        #expect(pair.server.seen.text == (1...50).map { "EHLO \($0)\r\n" }.joined())
        #expect(pair.client.seen.text == (1...50).map { "250 \($0)\r\n" }.joined())
    }

    /// RFC 9266 section 2.
    @Test("gives both sides the same channel binding, different each time")
    func exporter() throws {
        let stage = try Stage()
        let values = try (0..<2).map { _ in
            let pair = try stage.connected()
            #expect(pair.client.seen.details?.exporter == pair.server.seen.details?.exporter)
            return try #require(pair.server.seen.details?.exporter)
        }
        #expect(values[0].count == 32)
        #expect(values[0] != values[1])
        #expect(try Stage(version: TLS1_2_VERSION).connected().server.seen.details?.exporter == nil)
    }

    @Test("works on an active channel", arguments: versions)
    func lateInsertion(version: Int32) throws {
        let pair = try Stage(version: version).pair()
        try pair.start(late: true)
        try pair.exchange()
        pair.client.send("late")
        try pair.exchange()
        #expect(pair.server.seen.text == "late")
    }

    @Test("may arrive in pieces of any size", arguments: versions, [1, 2, 3, 5, 7, 64, 1000])
    func pieces(version: Int32, size: Int) throws {
        let pair = try Stage(version: version).pair()
        try pair.start()
        pair.client.send("before")
        try pair.exchange(limit: size)
        pair.server.send("after")
        try pair.exchange(limit: size)
        #expect(pair.server.seen.text == "before")
        #expect(pair.client.seen.text == "after")
    }

    @Test("may be split at every octet", arguments: versions, [false, true])
    func splits(version: Int32, isResumed: Bool) throws {
        let stage = try Stage(version: version)
        if isResumed { _ = try stage.connected() }
        var offset = 0
        var longest = 0
        repeat {
            offset += 1
            let pair = isResumed ? stage.pair() : try stage.withNewClient(version).pair()
            try pair.start()
            pair.client.send("hello")
            pair.server.send("greeting")
            try exchange(pair, splitAt: offset)
            #expect(pair.server.seen.text == "hello" && pair.client.seen.text == "greeting", "split at \(offset)")
            #expect(pair.server.seen.details?.isResumed == isResumed)
            longest = max(pair.client.sent, pair.server.sent)
        } while offset < longest
        #expect(longest > 300)
    }

    /// Splits each direction once, after this many octets in total.
    private func exchange(_ pair: TLSPair, splitAt offset: Int) throws {
        func carry(_ source: End, _ target: End) throws -> Bool {
            let before = source.sent
            guard var buffer = try source.takeOutbound() else { return false }
            if offset > before, offset < source.sent, let first = buffer.readSlice(length: offset - before) {
                try target.channel.writeInbound(first)
            }
            try target.channel.writeInbound(buffer)
            return true
        }
        while try carry(pair.client, pair.server) || carry(pair.server, pair.client) {}
    }

    @Test("sends the client's first data together with the end of its handshake")
    func firstData() throws {
        let pair = try Stage().pair()
        pair.client.seen.onHandshake = { $0.writeAndFlush(NIOAny(ByteBuffer(string: "EHLO")), promise: nil) }
        try pair.start()
        try pair.carry(from: pair.client, to: pair.server)
        try pair.carry(from: pair.server, to: pair.client)
        try pair.carry(from: pair.client, to: pair.server)
        #expect(pair.server.seen.details != nil)
        #expect(pair.server.seen.text == "EHLO")
    }

    /// RFC 6066 section 3.
    @Test("selects the certificate by the name the client requests")
    func serverNames() throws {
        let certificates = try TestCertificates()
        let files = try [
            certificates.server("a.example.com"), certificates.server("b.example.com"),
            certificates.make("w", .init(hostNames: ["*.example.net"], key: .rsa)),
        ]
        let stage = try Stage(certificates, files: files)
        for name in ["a.example.com", "b.example.com", "B.example.COM", "b.example.com.", "x.example.net"] {
            let pair = try stage.connected(name: name)
            #expect(pair.client.seen.error == nil, "\(name)")
            #expect(pair.client.seen.details != nil, "\(name)")
        }
        #expect(try stage.connected(name: "c.example.com").client.seen.error?.code == .untrusted)
        #expect(try stage.connected(name: "x.y.example.net").client.seen.error?.code == .untrusted)
    }

    @Test("serves clients with either kind of key under one name")
    func bothKeys() throws {
        let certificates = try TestCertificates()
        let name = "mx.example.com"
        let files = try [
            certificates.server(name),
            certificates.make("rsa", .init(hostNames: [name], key: .rsa)),
        ]
        for (kind, list) in [("ECDSA", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("RSA", "ECDHE-RSA-AES128-GCM-SHA256")] {
            let stage = try Stage(certificates, files: files, version: TLS1_2_VERSION)
            SSL_CTX_set_cipher_list(stage.client.shared.pointer, list)
            #expect(try stage.connected().server.seen.details?.cipher.contains(kind) == true)
        }
    }

    /// RFC 6066 section 3.
    @Test("accepts an address as the server's name, and does not send it as one")
    func addresses() throws {
        let certificates = try TestCertificates()
        let files = try certificates.make("ip", .init(addresses: ["192.0.2.1", "2001:db8::1"]))
        let stage = try Stage(certificates, files: [files])
        for name in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]"] {
            let pair = try stage.connected(name: name)
            #expect(pair.server.seen.details?.serverName == nil)
            #expect(pair.client.seen.error == nil, "\(name)")
        }
        #expect(try stage.connected(name: "192.0.2.2").client.seen.error?.code == .untrusted)
    }
}
