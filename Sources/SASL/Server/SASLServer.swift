/// The server side of one login (RFC 4422 section 3): responses in, actions out. It knows no users: the owner looks
/// them up and checks passwords, in its own time, and reports the result.
package struct SASLServer: Sendable {
    /// What the owner must do next. Texts are raw; SMTP's AUTH encodes them in base 64.
    package enum Action: Hashable, Sendable {
        /// Send it (334), then call ``respond(_:)`` with the answer.
        case challenge([UInt8])
        /// Check whether this is the user's password, then call ``passwordChecked(_:)``.
        case checkPassword(user: String, password: [UInt8])
        /// Look up the user's keys, then call ``found(_:)``.
        case lookUp(user: String)
        /// The client is this user (235).
        case succeeded(user: String)
        /// The login failed.
        case failed(SASLFailure)
    }

    /// State of the login.
    ///
    /// - `start`: the first response, in AUTH itself or after an empty challenge. Successors: any.
    /// - `loginName`, `loginPassword`: LOGIN's two answers.
    /// - `checking`: ``passwordChecked(_:)``. Successor: `over`.
    /// - `scram`: a SCRAM exchange. Successors: itself, `over`.
    /// - `over`: nothing.
    private enum State {
        case start
        case loginName
        case loginPassword(user: String)
        case checking(user: String)
        case scram(SCRAMServer)
        case over
    }

    package let mechanism: SASLMechanism
    /// The user the client claims to be, as soon as known; for counting failures.
    package private(set) var user: String?
    private var state = State.start
    private let binding: ChannelBinding?
    private let decoy: SCRAMDecoy
    private let nonce: SCRAMNonce

    /// Maximum length of a name in octets.
    package static let userLimit = 255
    /// Maximum length of a decoded response in octets.
    package static let responseLimit = 4096

    /// - Parameters:
    ///   - mechanism: one of ``SASLMechanism/served(binding:scram:)``; nil is returned for any other.
    ///   - binding: the connection's, if SCRAM-SHA-256-PLUS was offered, whatever the client chose; else nil.
    ///   - nonce: the server's part, for SCRAM.
    package init?(_ mechanism: SASLMechanism, binding: ChannelBinding?, decoy: SCRAMDecoy, nonce: SCRAMNonce) {
        switch mechanism {
        case .plain, .login, .scramSHA256: break
        case .scramSHA256Plus: guard binding != nil else { return nil }
        case .cramMD5, .xoauth2, .oauthBearer: return nil
        }
        self.mechanism = mechanism
        self.binding = binding
        self.decoy = decoy
        self.nonce = nonce
    }

    /// Starts the login; call once, first.
    ///
    /// - Parameter initialResponse: that of AUTH: nil if there was none, empty if it was `=` (RFC 4954 section 4).
    package mutating func start(initialResponse: [UInt8]?) -> Action {
        guard case .start = state else { preconditionFailure("a login was started twice") }
        if mechanism == .login { state = .loginName }
        if let initialResponse { return respond(initialResponse) }
        return .challenge(mechanism == .login ? Self.nameChallenge : [])
    }

    /// Handles the client's answer to a challenge.
    package mutating func respond(_ response: [UInt8]) -> Action {
        guard response.count <= Self.responseLimit else { return fail(.malformed) }
        switch state {
        case .start: return mechanism == .plain ? plain(response) : startSCRAM(response)
        case .loginName: return loginName(response)
        case .loginPassword(let user): return check(user, response)
        case .scram(var exchange):
            let step = exchange.respond(response)
            state = .scram(exchange)
            return perform(step)
        case .checking, .over: preconditionFailure("a response came without a challenge")
        }
    }

    /// Handles the answer to ``Action/checkPassword(user:password:)``; nil if it cannot be determined now.
    package mutating func passwordChecked(_ isRight: Bool?) -> Action {
        guard case .checking(let user) = state else { preconditionFailure("no password check was requested") }
        guard let isRight else { return fail(.unavailable) }
        guard isRight else { return fail(.refused) }
        state = .over
        return .succeeded(user: user)
    }

    /// Handles the answer to ``Action/lookUp(user:)``: nil if there is no such user, or one without SCRAM keys.
    package mutating func found(_ keys: SCRAMKeys?) -> Action {
        guard case .scram(var exchange) = state else { preconditionFailure("no user lookup was requested") }
        let step = exchange.found(keys, decoy: decoy)
        state = .scram(exchange)
        return perform(step)
    }

    private mutating func fail(_ failure: SASLFailure) -> Action {
        state = .over
        return .failed(failure)
    }
}

/// Why a login failed.
package enum SASLFailure: Hashable, Sendable {
    /// The client violated the mechanism (501 5.5.2).
    case malformed
    /// The name, the password or the binding is wrong; the client is not told which (535 5.7.8).
    case refused
    /// It cannot be checked now (454 4.7.0).
    case unavailable
}

// MARK: PLAIN and LOGIN
extension SASLServer {
    private static let nameChallenge = Array("Username:".utf8)
    private static let passwordChallenge = Array("Password:".utf8)

    /// RFC 4616 section 2: `[authzid] NUL authcid NUL passwd`. Acting for another user is not supported.
    private mutating func plain(_ response: [UInt8]) -> Action {
        let parts = response.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3, let user = name(parts[1]) else { return fail(.malformed) }
        self.user = user
        guard parts[0].isEmpty || name(parts[0]) == user else { return fail(.refused) }
        return check(user, Array(parts[2]))
    }

    private mutating func loginName(_ response: [UInt8]) -> Action {
        guard let user = name(response[...]) else { return fail(.malformed) }
        self.user = user
        state = .loginPassword(user: user)
        return .challenge(Self.passwordChallenge)
    }

    private mutating func check(_ user: String, _ password: [UInt8]) -> Action {
        guard (1...PasswordHash.passwordLimit).contains(password.count), !password.contains(0) else {
            return fail(.malformed)
        }
        state = .checking(user: user)
        return .checkPassword(user: user, password: password)
    }

    private func name(_ octets: ArraySlice<UInt8>) -> String? {
        Self.name(octets)
    }

    /// A user's name for lookup; nil if it is invalid.
    static func name(_ octets: some Collection<UInt8>) -> String? {
        guard (1...userLimit).contains(octets.count), let prepared = StringPreparation.prepare(Array(octets)) else {
            return nil
        }
        return String(validating: prepared, as: UTF8.self)
    }
}

// MARK: SCRAM
extension SASLServer {
    private mutating func startSCRAM(_ response: [UInt8]) -> Action {
        var exchange = SCRAMServer(isPlus: mechanism == .scramSHA256Plus, binding: binding, nonce: nonce)
        let step = exchange.respond(response)
        user = exchange.user
        state = .scram(exchange)
        return perform(step)
    }

    private mutating func perform(_ step: SCRAMServer.Step) -> Action {
        switch step {
        case .challenge(let message): return .challenge(message)
        case .lookUp(let user): return .lookUp(user: user)
        case .failed(let failure): return fail(failure)
        case .succeeded(let user):
            state = .over
            return .succeeded(user: user)
        }
    }
}
