internal import Glibc
internal import Mail

/// When the certificates in a PEM file end (RFC 5280 section 4.1.2.5).
package enum CertificateFile {
    /// Reads the file.
    ///
    /// - Returns: when the first of them ends, in seconds since 1970.
    /// - Throws: ``TLSError`` if it cannot be read, or has none.
    package static func end(of path: String) throws(TLSError) -> Int {
        let ends = try PEMFile(path: path).certificates().map(\.validity.upperBound)
        guard let first = ends.min() else { throw TLSError(.badFile, "\(path) has no certificate") }
        return first
    }
}
