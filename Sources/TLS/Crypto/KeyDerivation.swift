internal import Mail
internal import COpenSSL

/// Password-based key derivation, deliberately slow.
package enum KeyDerivation {
    /// PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2); `Hi` of SCRAM if `count` is 32 (RFC 5802 section 2.2).
    ///
    /// - Throws: ``TLSError`` with code `cryptography`.
    package static func pbkdf2(
        _ password: [UInt8], salt: [UInt8], iterations: Int, count: Int = SHA256.size
    ) throws(TLSError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        guard iterations > 0, let rounds = Int32(exactly: iterations), let size = Int32(exactly: count) else {
            throw TLSError(.cryptography, "PBKDF2 does not support \(iterations) iterations")
        }
        let result = withCharacters(of: password) { password, length in
            PKCS5_PBKDF2_HMAC(password, Int32(length), salt, Int32(salt.count), rounds, EVP_sha256(), size, &key)
        }
        guard result == 1 else { throw TLSError(draining: .cryptography, "PBKDF2 failed") }
        return key
    }

    /// scrypt (RFC 7914 section 6), with N = 2^`costExponent`. It needs
    /// ``scryptMemory(costExponent:blockSize:parallelism:)`` octets, and is refused if that exceeds `memoryLimit`.
    ///
    /// - Throws: ``TLSError`` with code `cryptography`.
    package static func scrypt(
        _ password: [UInt8], salt: [UInt8], costExponent: Int, blockSize: Int, parallelism: Int,
        memoryLimit: Int, count: Int = 32
    ) throws(TLSError) -> [UInt8] {
        guard (1...30).contains(costExponent), blockSize > 0, parallelism > 0, memoryLimit > 0 else {
            throw TLSError(.cryptography, "invalid cost parameters for scrypt")
        }
        var key = [UInt8](repeating: 0, count: count)
        let result = withCharacters(of: password) { password, length in
            EVP_PBE_scrypt(
                password, length, salt, salt.count, 1 << UInt64(costExponent), UInt64(blockSize),
                UInt64(parallelism), UInt64(memoryLimit), &key, count)
        }
        guard result == 1 else { throw TLSError(draining: .cryptography, "scrypt failed") }
        return key
    }

    /// Memory that scrypt uses at these costs, in octets: the table, the blocks, and one block of scratch (RFC 7914
    /// section 2). nil if that overflows.
    package static func scryptMemory(costExponent: Int, blockSize: Int, parallelism: Int) -> Int? {
        guard (1...40).contains(costExponent), (1...1 << 16).contains(blockSize), (1...1 << 16).contains(parallelism)
        else { return nil }
        let (table, overflow) = (128 * blockSize).multipliedReportingOverflow(by: 1 << costExponent)
        return overflow || table > Int.max / 2 ? nil : table + 128 * blockSize * (parallelism + 2)
    }

    /// The library expects passwords as characters, and distinguishes none at all from an empty one.
    private static func withCharacters(
        of password: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> Int32
    ) -> Int32 {
        body(password.map { CChar(bitPattern: $0) } + [0], password.count)
    }
}
