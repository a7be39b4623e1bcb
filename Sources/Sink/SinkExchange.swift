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
        /// The client's answer to the refusal's reason is ignored.
        case xoauth2(isRefused: Bool)
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
        case .xoauth2: kind = .xoauth2(isRefused: false)
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
        case .xoauth2:
            return initialResponse.map { respond($0) } ?? .challenge([])
        }
    }

    mutating func respond(_ response: [UInt8]) -> Step {
        switch kind {
        case .sasl(var server):
            let action = server.respond(response)
            return go(on: &server, action)
        case .cramMD5(let challenge): return .over(isDigest(response, of: challenge) ? .loggedIn : .loginRefused)
        case .xoauth2(isRefused: true): return .over(.loginRefused)
        case .xoauth2(isRefused: false):
            let expected = Array("user=\(keys.login.user)\u{1}auth=Bearer ".utf8) + keys.login.password + [1, 1]
            if response == expected { return .over(.loggedIn) }
            kind = .xoauth2(isRefused: true)
            return .challenge(Array(#"{"status":"401","schemes":"bearer"}"#.utf8))
        }
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
