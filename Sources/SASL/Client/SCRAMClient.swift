internal import Mail
internal import TLS

/// The client side of SCRAM-SHA-256, with and without channel binding (RFC 5802, RFC 7677).
struct SCRAMClient: Sendable {
    /// - `first`: expects the server's first message. Successor: `final`.
    /// - `final`: expects the server's signature, with this value. Successor: `proved`.
    /// - `proved`: the server knows the password's keys.
    private enum State {
        case first
        case final(signature: [UInt8])
        case proved
    }

    private let header: [UInt8]
    private let bound: [UInt8]
    private let bare: String
    private let nonce: SCRAMNonce
    private var state = State.first

    var isProved: Bool {
        switch state {
        case .proved: true
        case .first, .final: false
        }
    }

    /// - Parameter binding: that of the connection; without PLUS, the header says that PLUS was not offered (RFC 5802
    ///   section 6), so that the server notices if its offer was removed.
    init(username: String, isPlus: Bool, binding: ChannelBinding?, nonce: SCRAMNonce) {
        let flag = isPlus ? "p=\(ChannelBinding.name)" : binding == nil ? "n" : "y"
        header = Array("\(flag),,".utf8)
        bound = isPlus ? binding?.exporter ?? [] : []
        bare = "n=\(SCRAMMessage.escape(username)),r=\(nonce.text)"
        self.nonce = nonce
    }

    /// `client-first-message`.
    var first: [UInt8] { header + bare.utf8 }

    func isSlow(_ challenge: [UInt8], password: [UInt8], _ keys: SCRAMClientKeys?) -> Bool {
        guard case .first = state, let message = try? SCRAMServerFirst(challenge, nonce) else { return false }
        return !message.suits(keys, password)
    }

    mutating func respond(
        to challenge: [UInt8], password: [UInt8], keys: inout SCRAMClientKeys?
    ) throws(SASLError) -> [UInt8] {
        switch state {
        case .first:
            let message = try SCRAMServerFirst(challenge, nonce)
            do throws(TLSError) {
                return try prove(message, password, &keys)
            } catch {
                throw SASLError(.cryptography, error.description)
            }
        case .final(let signature):
            try check(challenge, signature)
            state = .proved
            return []
        case .proved: throw SASLError(.badChallenge, "the server sent one challenge too many for SCRAM")
        }
    }

    /// RFC 5802 section 3.
    private mutating func prove(
        _ message: SCRAMServerFirst, _ password: [UInt8], _ keys: inout SCRAMClientKeys?
    ) throws(TLSError) -> [UInt8] {
        let used: SCRAMClientKeys
        if let keys, message.suits(keys, password) {
            used = keys
        } else {
            used = try SCRAMClientKeys(password: password, salt: message.salt, iterations: message.iterations)
        }
        keys = used
        let withoutProof = "c=\(Base64.encode(header + bound)),r=\(message.nonce)"
        let text = Array("\(bare),\(message.text),\(withoutProof)".utf8)
        let signature = try HMAC.authenticate(text, key: SHA256.hash(used.clientKey))
        let proof = zip(used.clientKey, signature).map { $0 ^ $1 }
        state = .final(signature: try HMAC.authenticate(text, key: used.serverKey))
        return Array("\(withoutProof),p=\(Base64.encode(proof))".utf8)
    }

    private func check(_ challenge: [UInt8], _ signature: [UInt8]) throws(SASLError) {
        guard let first = SCRAMMessage.attributes(challenge)?.first else {
            throw SASLError(.badChallenge, "the server's final SCRAM message is malformed")
        }
        guard first.name == "v", ConstantTime.areEqual(SCRAMMessage.octets(first.value) ?? [], signature) else {
            throw SASLError(.serverNotProved, "the server has not proved that it knows the password")
        }
    }
}

/// `server-first-message` (RFC 5802 section 7).
struct SCRAMServerFirst: Sendable {
    let text: String
    let nonce: String
    let salt: [UInt8]
    let iterations: Int

    /// Parses it and checks that the nonce extends the client's (RFC 5802 section 5.1), so that no old exchange can be
    /// replayed, and that the count is neither weak (RFC 7677 section 4) nor excessive.
    init(_ octets: [UInt8], _ own: SCRAMNonce) throws(SASLError) {
        guard let attributes = SCRAMMessage.attributes(octets), attributes.count >= 3,
            attributes[0].name == "r", attributes[1].name == "s", attributes[2].name == "i",
            SCRAMMessage.isNonce(attributes[0].value), let salt = SCRAMMessage.octets(attributes[1].value),
            let iterations = SCRAMMessage.number(attributes[2].value),
            let text = String(validating: octets, as: UTF8.self)
        else { throw SASLError(.badChallenge, "the server's first SCRAM message is malformed") }
        let nonce = attributes[0].value
        guard nonce.hasPrefix(own.text), nonce.utf8.count > own.text.utf8.count else {
            throw SASLError(.badChallenge, "the server's nonce does not extend ours")
        }
        guard PasswordCost.iterationsAsClient.contains(iterations) else {
            throw SASLError(.badCost, "the server asks for \(iterations) iterations, not 4096 to 1000000")
        }
        self.text = text
        self.nonce = nonce
        self.salt = salt
        self.iterations = iterations
    }

    /// Whether these keys were derived from this password, salt and count.
    func suits(_ keys: SCRAMClientKeys?, _ password: [UInt8]) -> Bool {
        keys?.areMade(of: password, salt, iterations) ?? false
    }
}
