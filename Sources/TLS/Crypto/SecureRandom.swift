internal import COpenSSL

/// Octets that nobody can foretell.
package enum SecureRandom {
    /// - Throws: ``TLSError`` with code `library` where the system has no randomness to give.
    package static func octets(_ count: Int) throws(TLSError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&octets, Int32(count)) == 1 else {
            throw TLSError(draining: .cryptography, "the library has no random octets")
        }
        return octets
    }
}

/// Comparing secrets without telling by the time taken where they differ.
package enum ConstantTime {
    /// Whether both hold the same octets. The time depends on the lengths alone.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // Where the lengths differ, the left one is compared with itself: the work is done all the same.
        let other = left.count == right.count ? right : left
        let isSame = CRYPTO_memcmp(left, other, left.count) == 0
        return isSame && left.count == right.count
    }
}
