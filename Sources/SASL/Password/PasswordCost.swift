internal import TLS

/// How much work a password hash costs, whoever checks it and whoever guesses.
package struct PasswordCost: Hashable, Sendable {
    /// scrypt's N is 2 to this power.
    package var exponent: Int
    /// scrypt's r.
    package var blockSize: Int
    /// scrypt's p.
    package var parallelism: Int
    /// Rounds of PBKDF2 for the keys of SCRAM.
    package var scramIterations: Int

    /// About 0.2 s and 16 MiB for scrypt, the figures of OWASP's Password Storage Cheat Sheet. For SCRAM it is the client that
    /// computes, and Cyrus SASL, which Postfix and many others log in with, refuses more than 65,536 rounds: that is less
    /// than OWASP asks of PBKDF2, so who keeps hashes where they may be stolen leaves the keys of SCRAM out.
    package static let standard = PasswordCost(exponent: 14, blockSize: 8, parallelism: 5, scramIterations: 65_536)

    package init(exponent: Int, blockSize: Int, parallelism: Int, scramIterations: Int) {
        self.exponent = exponent
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.scramIterations = scramIterations
    }

    /// Octets of a salt.
    static let saltSize = 16
    static let exponents = 10...20
    static let blockSizes = 1...32
    static let parallelisms = 1...16
    /// From what RFC 7677 section 4 asks for to what still ends.
    package static let iterations = 4096...10_000_000
    /// As a client, a server may make us compute no longer than about a second.
    static let iterationsAsClient = 4096...1_000_000
    /// No hash may use more.
    static let memoryLimit = 256 << 20

    /// Octets that scrypt's table uses.
    var tableSize: Int { 128 * blockSize << exponent }

    /// What is wrong with it; nil where nothing is.
    var fault: String? {
        if !Self.exponents.contains(exponent) { return "ln is \(exponent), it may be 10 to 20" }
        if !Self.blockSizes.contains(blockSize) { return "r is \(blockSize), it may be 1 to 32" }
        if !Self.parallelisms.contains(parallelism) { return "p is \(parallelism), it may be 1 to 16" }
        if tableSize > Self.memoryLimit { return "ln and r ask for \(tableSize >> 20) MiB, it may be 256" }
        if !Self.iterations.contains(scramIterations) { return "i is \(scramIterations), it may be 4096 to 10000000" }
        return nil
    }
}
