import Foundation
import TLS
import TestKit

/// A file with a certificate and its key; nil only if the library failed.
private let example: (certificates: TestCertificates, path: String)? = {
    guard let certificates = try? TestCertificates(),
        let files = try? certificates.make("relay", .init(hostNames: ["relay.test"])),
        let certificate = try? String(contentsOfFile: files.certificate, encoding: .utf8),
        let key = try? String(contentsOfFile: files.privateKey, encoding: .utf8)
    else { return nil }
    let path = files.certificate + ".both"
    try? (certificate + key).write(toFile: path, atomically: true, encoding: .utf8)
    return (certificates, path)
}()

/// Path of the file.
var exampleCertificate: String { example?.path ?? "" }
