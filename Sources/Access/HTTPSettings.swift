package import TLS

/// Where the API is served over TCP, and to whom: `[admin] http` and what belongs to it.
package struct HTTPSettings: Hashable, Sendable {
    package struct Address: Hashable, Sendable {
        /// An IP address, without brackets.
        package var host: String
        /// 0 is any free one.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Empty if it is not served over TCP.
    package var addresses: [Address] = []
    /// PEM files of certificates with their chains; empty without TLS.
    package var certificates: [String] = []
    /// Their keys, in the same order; empty if each is in the file of its certificate.
    package var privateKeys: [String] = []
    /// Names by which clients reach the relay, besides its own name, its addresses and `localhost`.
    package var hosts: [String] = []
    /// Networks whose clients are answered, `10.0.0.0/8`.
    package var allow: [String] = ["0.0.0.0/0", "::/0"]
    /// Networks of proxies, which name the client in `X-Forwarded-For`.
    package var trustedProxies: [String] = []
    package var tokens: [AccessToken] = []

    package init() {}

    /// The TLS files; nil without TLS.
    package var tls: TLSServerSettings? {
        guard !certificates.isEmpty else { return nil }
        let keys = privateKeys.isEmpty ? certificates : privateKeys
        return TLSServerSettings(
            certificates: zip(certificates, keys).map { TLSCertificateFiles(certificate: $0, privateKey: $1) })
    }
}
