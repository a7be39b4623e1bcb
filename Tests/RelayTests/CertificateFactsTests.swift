import Alerts
import Foundation
import Mail
import TLS
import TestKit
import Testing

@testable import Relay

@Suite("Certificates, as alerts see them")
struct CertificateFactsTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    @Test("a file is read for its end")
    func end() throws {
        let certificates = try TestCertificates()
        let file = try certificates.make("a", TestCertificates.Request(notAfter: 3600)).certificate
        let today = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        guard case .ends(let rest) = CertificateFacts(reading: file, now: today).state else {
            Issue.record("it was not read")
            return
        }
        #expect(rest > .seconds(3500) && rest <= .seconds(3601))
    }

    @Test("a file that is gone or has no certificate is told as it is, by its path", arguments: [nil, "", "nonsense"])
    func unreadable(text: String?) throws {
        let directory = try TestKit.TemporaryDirectory()
        let path = directory.path + "/a.pem"
        try text?.write(toFile: path, atomically: true, encoding: .utf8)
        let facts = CertificateFacts(reading: path, now: now)
        guard case .unreadable(let problem) = facts.state else {
            Issue.record("it was read")
            return
        }
        #expect(facts.path == path && problem.contains(path))
    }
}
