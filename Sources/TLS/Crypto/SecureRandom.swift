internal import COpenSSL

/// Cryptographically secure random octets.
package enum SecureRandom {
    /// - Throws: ``TLSError`` with code `cryptography` if the system has no randomness.
    package static func octets(_ count: Int) throws(TLSError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&octets, Int32(count)) == 1 else {
            throw TLSError(draining: .cryptography, "the library has no random octets")
        }
        return octets
    }
}

/// Constant-time comparison of secrets.
package enum ConstantTime {
    /// Whether both hold the same octets. The time depends on the lengths only.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // If the lengths differ, the left one is compared with itself, so that the same work is done.
        let other = left.count == right.count ? right : left
        let isSame = CRYPTO_memcmp(left, other, left.count) == 0
        return isSame && left.count == right.count
    }
}
