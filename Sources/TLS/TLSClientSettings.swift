/// Whom a client trusts.
package struct TLSClientSettings: Hashable, Sendable {
    /// Whether the server's certificate must be trusted and bear its name.
    package let verifies: Bool
    /// A PEM file of the authorities that are trusted; nil means the system's, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    package let caFile: String?

    package init(verifies: Bool = true, caFile: String? = nil) {
        self.verifies = verifies
        self.caFile = caFile
    }
}
