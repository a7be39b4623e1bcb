internal import Mail
internal import TLS

/// The client side of one login (RFC 4422 section 3): challenges in, responses out.
package struct SASLClient: Sendable {
    /// State of the login.
    ///
    /// - `start`: ``start()``. Successors: any.
    /// - `challenge`: a free-form challenge: LOGIN's first, CRAM-MD5's only one, or why a token is refused.
    ///   Successors: `loginPassword`, `done`.
    /// - `loginPassword`: LOGIN's second. Successor: `done`.
    /// - `scram`: a SCRAM message, or success once the server has proved itself.
    /// - `done`: success or refusal; no further challenge.
    private enum State {
        case start
        case challenge
        case loginPassword
        case scram(SCRAMClient)
        case done
    }

    package let mechanism: SASLMechanism
    private let username: String
    private let secret: [UInt8]
    private let binding: ChannelBinding?
    private var state = State.start
    private let nonce: SCRAMNonce
    /// Keys derived from the password, to be passed to the next login; nil until SCRAM has derived some.
    package private(set) var scramKeys: SCRAMClientKeys?
    /// What the server says about a token that it refuses, as far as it can be shown; nil if it has said nothing.
    package private(set) var explanation: String?

    /// - Parameters:
    ///   - binding: the connection's channel binding, if any, whether or not the mechanism uses it.
    ///   - nonce: the client's part, for SCRAM.
    ///   - keys: from an earlier login with the same password; they make SCRAM fast.
    /// - Throws: ``SASLError`` if the credentials do not suit the mechanism.
    package init(
        _ mechanism: SASLMechanism, credentials: Credentials, binding: ChannelBinding?, nonce: SCRAMNonce,
        keys: SCRAMClientKeys? = nil
    ) throws(SASLError) {
        self.mechanism = mechanism
        username = credentials.username
        secret = try Self.secret(of: credentials, for: mechanism)
        self.binding = binding
        self.nonce = nonce
        scramKeys = keys
        guard mechanism != .scramSHA256Plus || binding != nil else {
            throw SASLError(.badCredentials, "SCRAM-SHA-256-PLUS needs TLS 1.3")
        }
    }

    /// The mechanisms that both sides support and the credentials suit, strongest first. Those that reveal the password
    /// come last, and a token works with XOAUTH2 and OAUTHBEARER only.
    ///
    /// - Parameters:
    ///   - offered: the words of the keyword AUTH.
    ///   - allowsPlaintextPasswords: whether the secret itself may be sent: over TLS with a verified certificate, or if
    ///     the operator permits.
    package static func usable(
        of offered: [String], credentials: Credentials, binding: ChannelBinding?, allowsPlaintextPasswords: Bool
    ) -> [SASLMechanism] {
        let names = Set(offered.compactMap { SASLMechanism(name: $0) })
        return SASLMechanism.allCases.filter { mechanism in
            names.contains(mechanism) && (allowsPlaintextPasswords || !mechanism.showsSecret)
                && (mechanism != .scramSHA256Plus || binding != nil)
                && (try? secret(of: credentials, for: mechanism)) != nil
        }
    }

    /// The initial response, nil if the server speaks first; call once, first.
    package mutating func start() -> [UInt8]? {
        guard case .start = state else { preconditionFailure("a login was started twice") }
        switch mechanism {
        case .plain:
            state = .done
            return [0] + username.utf8 + [0] + secret
        case .login, .cramMD5:
            state = .challenge
            return nil
        case .xoauth2:
            state = .challenge
            return Array("user=\(username)\u{1}auth=Bearer ".utf8) + secret + [1, 1]
        case .oauthBearer:
            state = .challenge
            // RFC 7628 section 3.1: a bearer token needs neither host nor port.
            let header = "n,a=\(SCRAMMessage.escape(username)),\u{1}auth=Bearer "
            return Array(header.utf8) + secret + [1, 1]
        case .scramSHA256, .scramSHA256Plus:
            let exchange = SCRAMClient(
                username: username, isPlus: mechanism == .scramSHA256Plus, binding: binding, nonce: nonce)
            state = .scram(exchange)
            return exchange.first
        }
    }

    /// Whether ``respond(to:)`` will derive keys from the password: a few tenths of a second or more, unsuitable for an
    /// event loop.
    package func isSlow(_ challenge: [UInt8]) -> Bool {
        guard case .scram(let exchange) = state else { return false }
        return exchange.isSlow(challenge, password: secret, scramKeys)
    }

    /// Answers a challenge.
    ///
    /// - Throws: ``SASLError``: the client must cancel (`*`) and not try another mechanism.
    package mutating func respond(to challenge: [UInt8]) throws(SASLError) -> [UInt8] {
        guard challenge.count <= SCRAMMessage.sizeLimit else {
            throw SASLError(.badChallenge, "the server's challenge for \(mechanism.rawValue) is too long")
        }
        switch state {
        case .start, .done:
            throw SASLError(.badChallenge, "the server sent one challenge too many for \(mechanism.rawValue)")
        case .challenge: return try answer(challenge)
        case .loginPassword:
            state = .done
            return secret
        case .scram(var exchange):
            defer { state = .scram(exchange) }
            return try exchange.respond(to: challenge, password: secret, keys: &scramKeys)
        }
    }

    /// Handles the server's success (235).
    ///
    /// - Throws: ``SASLError`` if the mechanism was not finished: with SCRAM, the server has not proved itself.
    package func succeeded() throws(SASLError) {
        switch state {
        case .done: return
        case .scram(let exchange) where exchange.isProved: return
        case .scram: throw SASLError(.serverNotProved, "the server has not proved that it knows the password")
        // There is only the initial response; a challenge means refusal.
        case .challenge where mechanism.takesToken: return
        case .start, .challenge, .loginPassword:
            throw SASLError(.badChallenge, "the server ended \(mechanism.rawValue) before it asked for the password")
        }
    }

    private mutating func answer(_ challenge: [UInt8]) throws(SASLError) -> [UInt8] {
        switch mechanism {
        case .login:
            state = .loginPassword
            return Array(username.utf8)
        case .cramMD5:
            state = .done
            return Array("\(username) ".utf8) + (try digest(of: challenge))
        case .xoauth2, .oauthBearer:
            // The challenge explains why the token was refused, and the response to it elicits the reply: an empty one,
            // or an octet (RFC 7628 section 3.2.3).
            state = .done
            explanation = Self.shown(challenge)
            return mechanism == .xoauth2 ? [] : [1]
        case .plain, .scramSHA256, .scramSHA256Plus: preconditionFailure("\(mechanism.rawValue) has a state of its own")
        }
    }

    /// Octets of the longest explanation that is kept: some servers add the address of their description.
    private static let explanationLimit = 1000

    /// JSON as servers send it; nil for anything that does not print.
    private static func shown(_ challenge: [UInt8]) -> String? {
        let text = challenge.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        guard !text.isEmpty, text.count <= explanationLimit, text.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// RFC 2195 section 2: in lower case hexadecimal digits.
    private func digest(of challenge: [UInt8]) throws(SASLError) -> [UInt8] {
        do throws(TLSError) {
            return try HMAC.authenticate(challenge, key: secret, .md5).flatMap { octet in
                [octet >> 4, octet & 0xF].map { $0 < 10 ? $0 + 0x30 : $0 + 0x57 }
            }
        } catch {
            throw SASLError(.cryptography, error.description)
        }
    }

    /// What the mechanism sends or hashes.
    private static func secret(of credentials: Credentials, for mechanism: SASLMechanism) throws(SASLError) -> [UInt8] {
        guard isSendable(Array(credentials.username.utf8)) else {
            throw SASLError(.badCredentials, "the user name is empty or has control characters")
        }
        switch (credentials.secret, mechanism) {
        case (.token(let token), .xoauth2) where isSendable(token),
            (.token(let token), .oauthBearer) where isSendable(token):
            return token
        case (.password(let password), .plain) where isPassword(password): return password
        case (.password(let password), .login) where isPassword(password): return password
        case (.password(let password), .cramMD5) where isPassword(password): return password
        case (.password(let password), .scramSHA256) where isPassword(password),
            (.password(let password), .scramSHA256Plus) where isPassword(password):
            return StringPreparation.prepare(password) ?? password
        case (.token, _), (.password, _):
            throw SASLError(.badCredentials, "these credentials cannot be used with \(mechanism.rawValue)")
        }
    }

    /// PLAIN cannot carry NUL (RFC 4616 section 2).
    private static func isPassword(_ octets: [UInt8]) -> Bool {
        !octets.isEmpty && !octets.contains(0)
    }

    /// The mechanisms for tokens separate their parts by control characters.
    private static func isSendable(_ octets: [UInt8]) -> Bool {
        !octets.isEmpty && octets.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

extension SASLClient: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SASLClient(\(mechanism.rawValue), \(username))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
