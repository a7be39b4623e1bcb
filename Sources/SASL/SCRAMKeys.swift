package import TLS

/// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 section 3): enough to check one who knows the password,
/// and to prove itself to them, and not enough to log in anywhere.
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

    /// Derives the keys: slow, as `iterations` says.
    package init(password: [UInt8], salt: [UInt8], iterations: Int) throws(TLSError) {
        let keys = try SCRAMClientKeys(password: password, salt: salt, iterations: iterations)
        self.init(
            salt: salt, iterations: iterations, storedKey: try SHA256.hash(keys.clientKey), serverKey: keys.serverKey)
    }
}

/// What a client may keep of a password for as long as the server keeps its salt and count (RFC 5802 section 5.1), so that
/// only the first login is slow. As secret as the password.
package struct SCRAMClientKeys: Hashable, Sendable {
    let salt: [UInt8]
    let iterations: Int
    /// Of the password they were made of: one that has been changed makes others.
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

/// Answers for names that nobody has, so that a stranger cannot tell them from users: the same name always gets the same
/// salt, and the count is the usual one.
package struct SCRAMDecoy: Sendable {
    private let secret: [UInt8]

    /// Makes a secret; one for the life of the process.
    package init() throws(TLSError) {
        secret = try SecureRandom.octets(32)
    }

    /// Keys that no password has.
    func keys(for user: String) throws(TLSError) -> SCRAMKeys {
        let salt = try HMAC.authenticate(Array("salt:\(user)".utf8), key: secret).prefix(PasswordCost.saltSize)
        let key = try HMAC.authenticate(Array("key:\(user)".utf8), key: secret)
        return SCRAMKeys(
            salt: Array(salt), iterations: PasswordCost.standard.scramIterations, storedKey: key, serverKey: key)
    }
}
