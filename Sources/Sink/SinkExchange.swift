internal import Mail
internal import SASL
internal import TLS

/// Keys of the sink's user, derived once.
struct SinkLoginKeys: Sendable {
    let login: SinkLogin
    let scram: SCRAMKeys
    let decoy: SCRAMDecoy

    /// The minimum that RFC 7677 section 4 allows, to keep tests fast.
    static let iterations = 4096

    init(_ login: SinkLogin) throws(TLSError) {
        self.login = login
        let password = StringPreparation.prepare(login.password) ?? login.password
        scram = try SCRAMKeys(password: password, salt: SecureRandom.octets(16), iterations: Self.iterations)
        decoy = try SCRAMDecoy()
    }
}

/// One login at a sink (RFC 4954 section 4): responses in, steps out. Passwords are compared immediately.
struct SinkExchange {
    enum Step: Equatable {
        case challenge([UInt8])
        case over(SinkReply)
    }

    private enum Kind {
        case sasl(SASLServer)
        /// RFC 2195.
        case cramMD5(challenge: [UInt8])
        /// XOAUTH2 or OAUTHBEARER: the one response that is right.
        case token(expected: [UInt8])
        /// The reason of the refusal has been sent, and is to be answered so.
        case refusedToken(dummy: [UInt8])
    }

    private let keys: SinkLoginKeys
    private var kind: Kind

    /// Nil if the library has no randomness, or if the mechanism does not suit the connection.
    ///
    /// - Parameter binding: the connection's, if binding was offered.
    init?(_ mechanism: SASLMechanism, _ keys: SinkLoginKeys, binding: ChannelBinding?) {
        self.keys = keys
        switch mechanism {
        case .cramMD5:
            guard let random = try? SecureRandom.octets(12) else { return nil }
            kind = .cramMD5(challenge: Array("<\(Base64.encode(random))@sink.example>".utf8))
        case .xoauth2:
            let header = "user=\(keys.login.user)\u{1}auth=Bearer "
            kind = .token(expected: Array(header.utf8) + keys.login.password + [1, 1])
        case .oauthBearer:
            // RFC 7628 section 3.1, without the host and port that a bearer token does not need.
            let header = "n,a=\(Self.escaped(keys.login.user)),\u{1}auth=Bearer "
            kind = .token(expected: Array(header.utf8) + keys.login.password + [1, 1])
        case .plain, .login, .scramSHA256, .scramSHA256Plus:
            guard let nonce = try? SCRAMNonce(),
                let server = SASLServer(mechanism, binding: binding, decoy: keys.decoy, nonce: nonce)
            else { return nil }
            kind = .sasl(server)
        }
    }

    /// Begins.
    ///
    /// - Parameter initialResponse: that of AUTH; nil if there was none.
    mutating func start(_ initialResponse: [UInt8]?) -> Step {
        switch kind {
        case .sasl(var server):
            let action = server.start(initialResponse: initialResponse)
            return go(on: &server, action)
        case .cramMD5(let challenge):
            return initialResponse == nil ? .challenge(challenge) : .over(.loginMalformed)
        case .token, .refusedToken:
            return initialResponse.map { respond($0) } ?? .challenge([])
        }
    }

    mutating func respond(_ response: [UInt8]) -> Step {
        switch kind {
        case .sasl(var server):
            let action = server.respond(response)
            return go(on: &server, action)
        case .cramMD5(let challenge): return .over(isDigest(response, of: challenge) ? .loggedIn : .loginRefused)
        case .refusedToken(let dummy): return .over(response == dummy ? .loginRefused : .loginMalformed)
        case .token(let expected):
            if ConstantTime.areEqual(response, expected) { return .over(.loggedIn) }
            return refuseToken(isStandard: expected.first == UInt8(ascii: "n"))
        }
    }

    /// Says why; the client must answer with an octet (RFC 7628 section 3.2.3), or with an empty line for XOAUTH2.
    private mutating func refuseToken(isStandard: Bool) -> Step {
        kind = .refusedToken(dummy: isStandard ? [1] : [])
        let reason = isStandard ? #"{"status":"invalid_token"}"# : #"{"status":"401","schemes":"bearer"}"#
        return .challenge(Array(reason.utf8))
    }

    /// `saslname` (RFC 5801 section 4).
    private static func escaped(_ name: String) -> String {
        name.map { $0 == "," ? "=2C" : $0 == "=" ? "=3D" : String($0) }.joined()
    }

    /// Answers the machine's questions about the user until the client must speak or the login is over.
    private mutating func go(on server: inout SASLServer, _ first: SASLServer.Action) -> Step {
        var action = first
        while true {
            switch action {
            case .challenge(let text):
                kind = .sasl(server)
                return .challenge(text)
            case .checkPassword(let user, let password):
                let isUser = user == keys.login.user
                action = server.passwordChecked(ConstantTime.areEqual(password, keys.login.password) && isUser)
            case .lookUp(let user): action = server.found(user == keys.login.user ? keys.scram : nil)
            case .succeeded: return .over(.loggedIn)
            case .failed(.malformed): return .over(.loginMalformed)
            case .failed(.refused): return .over(.loginRefused)
            case .failed(.unavailable): return .over(.loginUnavailable)
            }
        }
    }

    private func isDigest(_ response: [UInt8], of challenge: [UInt8]) -> Bool {
        guard let digest = try? HMAC.authenticate(challenge, key: keys.login.password, .md5) else { return false }
        let digits = digest.flatMap { octet in
            [octet >> 4, octet & 0xF].map { $0 < 10 ? $0 + UInt8(ascii: "0") : $0 - 10 + UInt8(ascii: "a") }
        }
        return ConstantTime.areEqual(response, Array(keys.login.user.utf8) + [UInt8(ascii: " ")] + digits)
    }
}
