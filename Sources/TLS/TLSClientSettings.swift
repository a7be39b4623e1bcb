/// Trust settings of a TLS client.
package struct TLSClientSettings: Hashable, Sendable {
    /// Whether the server's certificate must be trusted and match its name.
    package let verifies: Bool
    /// PEM file of trusted authorities; nil for the system's, or those named by `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    package let caFile: String?

    package init(verifies: Bool = true, caFile: String? = nil) {
        self.verifies = verifies
        self.caFile = caFile
    }
}
