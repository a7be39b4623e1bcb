import Mail
import COpenSSL
import Synchronization
import TestKit
import Testing

@testable import TLS

/// A clock in seconds, set by a test.
final class ManualClock: Sendable {
    private let seconds = Mutex(time(nil))

    var now: Int { seconds.withLock { $0 } }

    func advance(_ count: Int) { seconds.withLock { $0 += count } }
}

@Suite("A session")
struct ResumptionTests {
    private func isResumed(_ stage: Stage, name: String = "mx.example.com") throws -> Bool {
        let pair = try stage.connected(name: name)
        let client = try #require(pair.client.seen.details).isResumed
        #expect(pair.server.seen.details?.isResumed == client)
        pair.client.send("QUIT")
        try pair.exchange()
        #expect(pair.server.seen.text == "QUIT")
        return client
    }

    /// RFC 8446 section 2.2, RFC 5077.
    @Test("is resumed by the next connection, repeatedly", arguments: versions)
    func resumption(version: Int32) throws {
        let stage = try Stage(version: version)
        #expect(try (0..<5).map { _ in try isResumed(stage) } == [false, true, true, true, true])
    }

    @Test("is resumed for the same name only")
    func names() throws {
        let certificates = try TestCertificates()
        let files = try certificates.make("two", .init(hostNames: ["a.example.com", "b.example.com"]))
        let stage = try Stage(certificates, files: [files])
        #expect(try !isResumed(stage, name: "a.example.com"))
        #expect(try !isResumed(stage, name: "b.example.com"))
        #expect(try isResumed(stage, name: "a.example.com"))
    }

    @Test("survives the first rotation of ticket keys, but not the second", arguments: versions)
    func rotation(version: Int32) throws {
        let clock = ManualClock()
        let stage = try Stage(version: version, now: { clock.now })
        #expect(try !isResumed(stage))
        clock.advance(TicketKeyRotation.lifetime + 1)
        #expect(try isResumed(stage))
        clock.advance(2 * TicketKeyRotation.lifetime + 1)
        #expect(try !isResumed(stage))
    }

    @Test("survives a reload of the certificates", arguments: versions)
    func reload(version: Int32) throws {
        let stage = try Stage(version: version)
        #expect(try !isResumed(stage))
        try stage.server.reload()
        #expect(try isResumed(stage))
    }

    /// RFC 8446 section 4.6.1.
    @Test("is not resumed after the client authorities change", arguments: versions)
    func otherAuthorities(version: Int32) throws {
        let certificates = try TestCertificates()
        let stage = try Stage(certificates, clientCA: certificates.authorityFile, version: version)
        try stage.client.present(certificates.make("app", .init(commonName: "app")))
        #expect(try stage.connected().server.seen.details?.isResumed == false)
        #expect(try stage.connected().server.seen.details?.isResumed == true)
        let others = try TestCertificates(authority: "Others")
        try copyFile(from: others.authorityFile, to: certificates.authorityFile)
        try stage.server.reload()
        #expect(try stage.connected().server.seen.details?.peerSubject == nil)
    }

    /// RFC 5246 section 7.2.1.
    @Test("is resumed after a broken connection too", arguments: versions)
    func broken(version: Int32) throws {
        let stage = try Stage(version: version)
        let pair = try stage.connected()
        pair.client.lose()
        pair.server.lose()
        #expect(pair.client.seen.error?.code == .broken)
        #expect(try isResumed(stage))
    }

    @Test("is reused if the server sends no new ticket", arguments: versions)
    func noNewTicket(version: Int32) throws {
        let stage = try Stage(version: version)
        #expect(try !isResumed(stage))
        SSL_CTX_set_num_tickets(stage.server.identities.contexts[0].pointer, 0)
        #expect(try (0..<3).map { _ in try isResumed(stage) } == [true, true, true])
    }

    @Test("is stored with only a few others", arguments: versions)
    func bound(version: Int32) throws {
        let stage = try Stage(version: version)
        var pairs: [TLSPair] = []
        for _ in 0..<SessionStore.capacity + 5 {
            let pair = stage.pair()
            try pair.start()
            pairs.append(pair)
        }
        for pair in pairs { try pair.exchange() }
        let sessions = stage.client.sessions
        #expect(sessions.count == (version == TLS1_3_VERSION ? SessionStore.capacity : 1))
        // Each is used once, and the last one repeatedly.
        for _ in 0..<100 { #expect(sessions.take(for: "mx.example.com") != nil) }
        #expect(sessions.count == 1)
        #expect(sessions.take(for: "other.example.com") == nil)
    }
}
