import Foundation
import Glibc
import TestKit
import Testing

@testable import TLS

@Suite("The end of a certificate")
struct CertificateFileTests {
    @Test("is that of the first in its file to end (RFC 5280 section 4.1.2.5)")
    func end() throws {
        let authority = try TestCertificates()
        let short = try authority.make("short", .init(notAfter: 3600))
        let long = try authority.make("long", .init(notAfter: 864_000))
        let expected = time(nil) + 3600
        let end = try CertificateFile.end(of: short.certificate)
        #expect(abs(end - expected) < 60)
        let both = authority.directory.path + "/both.pem"
        let texts = try [long, short].map { try String(contentsOfFile: $0.certificate, encoding: .utf8) }
        try texts.joined().write(toFile: both, atomically: true, encoding: .utf8)
        #expect(try CertificateFile.end(of: both) == end)
    }

    @Test("of a file that is not there, or has none, is an error")
    func none() throws {
        let path = try TestKit.TemporaryDirectory().path + "/none.pem"
        #expect(throws: TLSError.self) { try CertificateFile.end(of: path) }
    }
}
