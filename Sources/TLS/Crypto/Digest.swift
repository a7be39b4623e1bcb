internal import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// Size of a digest in octets.
    package static let size = 32

    /// - Throws: ``TLSError`` with code `cryptography`.
    package static func hash(_ octets: [UInt8]) throws(TLSError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: size)
        guard EVP_Digest(octets, octets.count, &digest, nil, EVP_sha256(), nil) == 1 else {
            throw TLSError(draining: .cryptography, "SHA-256 failed")
        }
        return digest
    }
}

extension SHA256 {
    /// An incremental digest. Used by one thread at a time.
    package final class Stream {
        private let context: OpaquePointer

        package init() {
            guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
                preconditionFailure("libcrypto always has SHA-256")
            }
            self.context = context
        }

        deinit {
            EVP_MD_CTX_free(context)
        }

        /// Adds the next octets.
        package func update(_ octets: UnsafeRawBufferPointer) {
            guard EVP_DigestUpdate(context, octets.baseAddress, octets.count) == 1 else {
                preconditionFailure("updating a digest failed")
            }
        }

        /// The digest of all octets added; call once, at the end.
        package func finish() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: SHA256.size)
            guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
                preconditionFailure("finishing a digest failed")
            }
            return digest
        }
    }
}

/// A keyed digest (RFC 2104).
package enum HMAC {
    package enum Algorithm: Sendable {
        /// For CRAM-MD5 only (RFC 2195).
        case md5
        case sha256
    }

    /// The digest of `octets` under `key`, of any length.
    ///
    /// - Throws: ``TLSError`` with code `cryptography`, for example for MD5 on a system in FIPS mode.
    package static func authenticate(
        _ octets: [UInt8], key: [UInt8], _ algorithm: Algorithm = .sha256
    ) throws(TLSError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        // The library rejects a null key; one zero octet is equivalent to an empty key (RFC 2104 section 2).
        let key = key.isEmpty ? [0] : key
        guard
            EVP_Q_mac(
                nil, "HMAC", nil, algorithm.name, nil, key, key.count, octets, octets.count, &code, code.count, &count)
                != nil
        else { throw TLSError(draining: .cryptography, "HMAC with \(algorithm.name) failed") }
        return Array(code.prefix(count))
    }
}

extension HMAC.Algorithm {
    fileprivate var name: String {
        switch self {
        case .md5: "MD5"
        case .sha256: "SHA256"
        }
    }
}
