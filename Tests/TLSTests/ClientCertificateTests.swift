import Mail
import COpenSSL
import NIOEmbedded
import TestKit
import Testing

@testable import TLS

@Suite("A client's certificate")
struct ClientCertificateTests {
    private func stage(_ certificates: TestCertificates, version: Int32) throws -> Stage {
        try Stage(certificates, clientCA: certificates.authorityFile, version: version)
    }

    /// RFC 8446 section 4.3.2.
    @Test("is optional", arguments: versions)
    func optional(version: Int32) throws {
        let pair = try stage(TestCertificates(), version: version).connected()
        #expect(pair.server.seen.details != nil)
        #expect(pair.server.seen.details?.peerSubject == nil)
    }

    /// RFC 2253, RFC 5280.
    @Test("identifies the client, also after resumption", arguments: versions)
    func subject(version: Int32) throws {
        let certificates = try TestCertificates()
        let stage = try stage(certificates, version: version)
        try stage.client.present(certificates.make("app", .init(commonName: "app, one")))
        for isResumed in [false, true] {
            let details = try #require(try stage.connected().server.seen.details)
            #expect(details.isResumed == isResumed)
            #expect(details.peerCommonName == "app, one")
            #expect(details.peerSubject == #"CN=app\, one,O=Posthorse\, Tests"#)
        }
    }

    @Test("is refused if issued by another authority, or if expired", arguments: versions)
    func refused(version: Int32) throws {
        let certificates = try TestCertificates()
        let others = try TestCertificates(authority: "Others")
        let strangers = try others.make("app", .init())
        let expired = try certificates.make("old", .init(notBefore: -7200, notAfter: -3600))
        for (files, reason) in [(strangers, "unable to get local issuer"), (expired, "expired")] {
            let stage = try stage(certificates, version: version)
            try stage.client.present(files)
            let pair = try stage.connected()
            #expect(pair.server.seen.details == nil)
            #expect(pair.server.seen.error?.code == .untrusted)
            #expect(pair.server.seen.error?.description.contains(reason) == true)
            #expect(pair.server.seen.errors.count == 1 && pair.client.seen.errors.count == 1)
            #expect(!pair.server.channel.isActive && !pair.client.channel.isActive)
        }
    }
}
