package import TLS

/// What a server stores of a password for SCRAM-SHA-256 (RFC 5802 section 3): enough to verify a client and to prove
/// itself to it, but not enough to log in elsewhere.
package struct SCRAMKeys: Hashable, Sendable {
    package let salt: [UInt8]
    package let iterations: Int
    package let storedKey: [UInt8]
    package let serverKey: [UInt8]

    package init(salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Derives the keys; slow, depending on `iterations`.
    package init(password: [UInt8], salt: [UInt8], iterations: Int) throws(TLSError) {
        let keys = try SCRAMClientKeys(password: password, salt: salt, iterations: iterations)
        self.init(
            salt: salt, iterations: iterations, storedKey: try SHA256.hash(keys.clientKey), serverKey: keys.serverKey)
    }
}

/// What a client may keep of a password while the server's salt and count stay the same (RFC 5802 section 5.1), so that
/// only the first login is slow. As secret as the password.
package struct SCRAMClientKeys: Hashable, Sendable {
    let salt: [UInt8]
    let iterations: Int
    /// The password they were derived from: a changed password invalidates them.
    private let password: [UInt8]
    let clientKey: [UInt8]
    let serverKey: [UInt8]

    /// RFC 5802 section 3.
    init(password: [UInt8], salt: [UInt8], iterations: Int) throws(TLSError) {
        self.password = try SHA256.hash(password)
        let salted = try KeyDerivation.pbkdf2(password, salt: salt, iterations: iterations)
        self.salt = salt
        self.iterations = iterations
        clientKey = try HMAC.authenticate(Array("Client Key".utf8), key: salted)
        serverKey = try HMAC.authenticate(Array("Server Key".utf8), key: salted)
    }

    func areMade(of password: [UInt8], _ salt: [UInt8], _ iterations: Int) -> Bool {
        self.salt == salt && self.iterations == iterations
            && (try? SHA256.hash(password)) == self.password
    }
}

extension SCRAMKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SCRAMKeys(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension SCRAMClientKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SCRAMClientKeys(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Answers for unknown names, so that a stranger cannot tell them from users: a name always gets the same salt, with
/// the usual count.
package struct SCRAMDecoy: Sendable {
    private let secret: [UInt8]

    /// Generates the secret; once per process.
    package init() throws(TLSError) {
        secret = try SecureRandom.octets(32)
    }

    /// Keys that match no password.
    func keys(for user: String) throws(TLSError) -> SCRAMKeys {
        let salt = try HMAC.authenticate(Array("salt:\(user)".utf8), key: secret).prefix(PasswordCost.saltSize)
        let key = try HMAC.authenticate(Array("key:\(user)".utf8), key: secret)
        return SCRAMKeys(
            salt: Array(salt), iterations: PasswordCost.standard.scramIterations, storedKey: key, serverKey: key)
    }
}
