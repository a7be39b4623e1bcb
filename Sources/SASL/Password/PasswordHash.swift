internal import Mail
package import TLS

/// A password as stored in relay.conf, on one line, in PHC string format:
///
///     $scrypt$ln=14,r=8,p=5$<salt>$<hash>
///     $scrypt$ln=14,r=8,p=5$<salt>$<hash>$scram-sha-256$i=65536$<salt>$<StoredKey>$<ServerKey>
///
/// Octets are in base 64 without padding. The first form serves PLAIN and LOGIN, the second SCRAM-SHA-256 as well.
/// Other forms will have another name in place of `scrypt` or `scram-sha-256`.
package struct PasswordHash: Hashable, Sendable {
    /// The line.
    package let text: String
    /// SCRAM keys, if the hash has them.
    package let scramKeys: SCRAMKeys?
    let cost: PasswordCost
    let salt: [UInt8]
    let hash: [UInt8]

    /// Maximum length of a password in octets.
    package static let passwordLimit = 1024
    static let hashSize = 32

    /// Hashes a password; takes as long as checking it, and as long again for the SCRAM keys.
    ///
    /// - Parameter password: as typed; see ``StringPreparation``.
    /// - Throws: ``PasswordHashError`` if the password is invalid or the library fails.
    package init(
        password: [UInt8], cost: PasswordCost = .standard, includesSCRAM: Bool = true
    ) throws(PasswordHashError) {
        guard !password.isEmpty else { throw PasswordHashError("the password is empty") }
        guard password.count <= Self.passwordLimit else {
            throw PasswordHashError("the password is longer than \(Self.passwordLimit) octets")
        }
        guard let prepared = StringPreparation.prepare(password) else {
            throw PasswordHashError("the password is not UTF-8 or has control characters")
        }
        if let fault = cost.fault { throw PasswordHashError(fault) }
        do throws(TLSError) {
            let salt = try SecureRandom.octets(PasswordCost.saltSize)
            let hash = try Self.derive(prepared, salt: salt, cost, count: Self.hashSize)
            let keys =
                includesSCRAM
                ? try SCRAMKeys(
                    password: prepared, salt: SecureRandom.octets(PasswordCost.saltSize),
                    iterations: cost.scramIterations)
                : nil
            self.init(cost: cost, salt: salt, hash: hash, scramKeys: keys)
        } catch {
            throw PasswordHashError(error.description)
        }
    }

    init(cost: PasswordCost, salt: [UInt8], hash: [UInt8], scramKeys: SCRAMKeys?) {
        self.cost = cost
        self.salt = salt
        self.hash = hash
        self.scramKeys = scramKeys
        text = Self.text(cost, salt, hash, scramKeys)
    }

    /// Whether this is the password. Takes the full time and memory of the cost, whether right or wrong.
    ///
    /// - Throws: ``TLSError`` if the library fails, for example for lack of memory: the answer is then unknown.
    package func verify(_ password: [UInt8]) throws(TLSError) -> Bool {
        let prepared = password.count <= Self.passwordLimit ? StringPreparation.prepare(password) : nil
        let candidate = try Self.derive(prepared ?? [], salt: salt, cost, count: hash.count)
        return ConstantTime.areEqual(candidate, hash) && prepared != nil
    }

    /// A hash that matches no password, at the usual cost: checking it takes as long as checking a user's.
    package static func decoy(cost: PasswordCost = .standard) throws(TLSError) -> PasswordHash {
        PasswordHash(
            cost: cost, salt: try SecureRandom.octets(PasswordCost.saltSize), hash: try SecureRandom.octets(hashSize),
            scramKeys: nil)
    }

    private static func derive(
        _ password: [UInt8], salt: [UInt8], _ cost: PasswordCost, count: Int
    ) throws(TLSError) -> [UInt8] {
        let memory = KeyDerivation.scryptMemory(
            costExponent: cost.exponent, blockSize: cost.blockSize, parallelism: cost.parallelism)
        return try KeyDerivation.scrypt(
            password, salt: salt, costExponent: cost.exponent, blockSize: cost.blockSize,
            parallelism: cost.parallelism, memoryLimit: memory ?? 0, count: count)
    }

    private static func text(_ cost: PasswordCost, _ salt: [UInt8], _ hash: [UInt8], _ keys: SCRAMKeys?) -> String {
        var parts = ["", "scrypt", "ln=\(cost.exponent),r=\(cost.blockSize),p=\(cost.parallelism)"]
        parts += [unpadded(salt), unpadded(hash)]
        if let keys {
            parts += ["scram-sha-256", "i=\(keys.iterations)"]
            parts += [keys.salt, keys.storedKey, keys.serverKey].map(unpadded)
        }
        return parts.joined(separator: "$")
    }

    private static func unpadded(_ octets: [UInt8]) -> String {
        let text = Base64.encode(octets)
        return String(text.prefix { $0 != "=" })
    }
}

/// Why a password cannot be hashed, or a text is not a hash; reveals nothing of either.
package struct PasswordHashError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        scramKeys == nil ? "PasswordHash(scrypt)" : "PasswordHash(scrypt, scram-sha-256)"
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
