/// Location of a certificate and its key.
package struct TLSCertificateFiles: Hashable, Sendable {
    /// A PEM file with the certificate, followed by its intermediates.
    package let certificate: String
    /// A PEM file with the unencrypted private key.
    package let privateKey: String

    package init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }
}

/// What a server presents to its clients, and what it requires of them.
package struct TLSServerSettings: Hashable, Sendable {
    /// At least one; the first is for clients that name no host, or an unknown one.
    package let certificates: [TLSCertificateFiles]
    /// A PEM file of authorities. If set, clients are asked for a certificate issued by one of them; one that is
    /// presented must be valid.
    package let clientCA: String?

    package init(certificates: [TLSCertificateFiles], clientCA: String? = nil) {
        self.certificates = certificates
        self.clientCA = clientCA
    }
}
