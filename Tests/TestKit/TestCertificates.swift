package import TLS

/// A certificate authority for one test, and the certificates it issues, as PEM files in a temporary directory.
///
/// Made with the library itself, which takes well below a millisecond per certificate (some tens with RSA).
package final class TestCertificates: Sendable {
    package enum Key: Sendable, CaseIterable {
        /// P-256.
        case ecdsa
        /// 2048 bits.
        case rsa
    }

    /// Contents of a certificate.
    package struct Request: Sendable {
        package var commonName: String
        package var hostNames: [String]
        package var addresses: [String]
        package var key: Key
        /// Seconds from now.
        package var notBefore: Int
        package var notAfter: Int

        package init(
            commonName: String = "test",
            hostNames: [String] = [],
            addresses: [String] = [],
            key: Key = .ecdsa,
            notBefore: Int = -3600,
            notAfter: Int = 86_400
        ) {
            self.commonName = commonName
            self.hostNames = hostNames
            self.addresses = addresses
            self.key = key
            self.notBefore = notBefore
            self.notAfter = notAfter
        }
    }

    package let directory: TemporaryDirectory
    private let authority: TestIdentity

    /// - Parameter name: common name of the authority, to tell several apart.
    package init(authority name: String = "Test Authority") throws {
        directory = try TemporaryDirectory()
        authority = try TestIdentity(Request(commonName: name), signedBy: nil, isAuthority: true)
        try authority.writeCertificate(to: authorityFile)
    }

    /// An intermediate authority; its file does not contain the issuer's certificate.
    package init(signedBy root: TestCertificates, name: String) throws {
        directory = try TemporaryDirectory()
        authority = try TestIdentity(Request(commonName: name), signedBy: root.authority, isAuthority: true)
        try authority.writeCertificate(to: authorityFile)
    }

    /// PEM file with the certificate of the authority, for `ca_file` or `client_ca`.
    package var authorityFile: String { directory.path + "/ca.pem" }

    /// Issues a certificate and writes it and its key; `name` is that of the files, which are replaced.
    package func make(_ name: String, _ request: Request) throws -> TLSCertificateFiles {
        try write(try TestIdentity(request, signedBy: authority), name)
    }

    /// The same, but self-signed.
    package func makeSelfSigned(_ name: String, _ request: Request) throws -> TLSCertificateFiles {
        try write(try TestIdentity(request, signedBy: nil), name)
    }

    private func write(_ identity: TestIdentity, _ name: String) throws -> TLSCertificateFiles {
        let files = TLSCertificateFiles(
            certificate: "\(directory.path)/\(name).pem", privateKey: "\(directory.path)/\(name).key")
        try identity.writeCertificate(to: files.certificate)
        try identity.writeKey(to: files.privateKey)
        return files
    }

    /// A valid certificate for one host, with an alternative name.
    package func server(_ host: String = "mx.example.com", key: Key = .ecdsa) throws -> TLSCertificateFiles {
        try make(host, Request(commonName: host, hostNames: [host], key: key))
    }
}
