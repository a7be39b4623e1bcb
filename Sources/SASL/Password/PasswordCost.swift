internal import TLS

/// The work a password hash costs, for checking as for guessing.
package struct PasswordCost: Hashable, Sendable {
    /// scrypt's N is 2 to this power.
    package var exponent: Int
    /// scrypt's r.
    package var blockSize: Int
    /// scrypt's p.
    package var parallelism: Int
    /// PBKDF2 iterations for the SCRAM keys.
    package var scramIterations: Int

    /// About 0.2 s and 16 MiB for scrypt, the figures of OWASP's Password Storage Cheat Sheet. For SCRAM the client
    /// does the work, and Cyrus SASL, used by Postfix and many others, refuses more than 65,536 iterations. That is
    /// less than OWASP recommends for PBKDF2, so leave out the SCRAM keys if hashes may be stolen.
    package static let standard = PasswordCost(exponent: 14, blockSize: 8, parallelism: 5, scramIterations: 65_536)

    package init(exponent: Int, blockSize: Int, parallelism: Int, scramIterations: Int) {
        self.exponent = exponent
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.scramIterations = scramIterations
    }

    /// Size of a salt in octets.
    static let saltSize = 16
    static let exponents = 10...20
    static let blockSizes = 1...32
    static let parallelisms = 1...16
    /// From the minimum of RFC 7677 section 4 up to what still terminates.
    package static let iterations = 4096...10_000_000
    /// As a client, a server may cost us about a second at most.
    static let iterationsAsClient = 4096...1_000_000
    /// Maximum memory for any hash.
    static let memoryLimit = 256 << 20

    /// Size of scrypt's table in octets.
    var tableSize: Int { 128 * blockSize << exponent }

    /// The problem with these costs; nil if there is none.
    var fault: String? {
        if !Self.exponents.contains(exponent) { return "ln is \(exponent), it may be 10 to 20" }
        if !Self.blockSizes.contains(blockSize) { return "r is \(blockSize), it may be 1 to 32" }
        if !Self.parallelisms.contains(parallelism) { return "p is \(parallelism), it may be 1 to 16" }
        if tableSize > Self.memoryLimit { return "ln and r ask for \(tableSize >> 20) MiB, it may be 256" }
        if !Self.iterations.contains(scramIterations) { return "i is \(scramIterations), it may be 4096 to 10000000" }
        return nil
    }
}
