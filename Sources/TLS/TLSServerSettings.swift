/// Where a certificate and its key lie.
package struct TLSCertificateFiles: Hashable, Sendable {
    /// A PEM file: the certificate, then those of the authorities between it and the root.
    package let certificate: String
    /// A PEM file with the private key, not encrypted.
    package let privateKey: String

    package init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }
}

/// What a server shows its clients, and what it asks of them.
package struct TLSServerSettings: Hashable, Sendable {
    /// The first is for clients that name no host or one that no certificate has; at least one.
    package let certificates: [TLSCertificateFiles]
    /// A PEM file of authorities. If set, clients are asked for a certificate of theirs; one that is given must be good.
    package let clientCA: String?

    package init(certificates: [TLSCertificateFiles], clientCA: String? = nil) {
        self.certificates = certificates
        self.clientCA = clientCA
    }
}
