internal import Mail
internal import NIOCore
internal import OAuth
internal import SASL
internal import SMTP
internal import TLS
internal import Upstreams

/// TLS and account of one upstream's sessions, and what they share: resumable TLS sessions, and keys derived from the
/// password.
///
/// Confined to the delivery's event loop.
final class UpstreamAccess {
    /// How long sessions stay in clear text after a failed opportunistic handshake.
    private static let clearTime = Duration.seconds(600)

    private let settings: UpstreamSettings
    /// The server's provider, if known.
    let provider: Provider?
    private let work: any SlowWork
    /// How it is verified; nil without TLS.
    private let verification: TLSClientSettings?
    /// nil until it has been read.
    private(set) var trust: UpstreamTrust?
    /// That of the settings before, which may still hold.
    private var formerTrust: UpstreamTrust?
    /// Who waits until it has been read.
    private var waiting: [() -> Void] = []
    private let store: CredentialStore?
    /// Has its tokens; nil unless the relay gets them by itself.
    private let tokens: TokenKeeper?
    /// Until when sessions stay in clear text; nil if no handshake has failed.
    private(set) var clearUntil: MonotonicInstant?
    /// Which mechanisms it has refused.
    var mechanisms = MechanismChoice()
    /// SCRAM keys derived from the password, for the next session.
    var scramKeys: SCRAMClientKeys?

    init(_ settings: UpstreamSettings, work: any SlowWork, tokens: TokenKeeper? = nil) {
        self.settings = settings
        self.provider = settings.knownProvider
        self.work = work
        self.tokens = tokens
        self.verification = settings.tls == .off ? nil : settings.verification
        self.store = settings.secretSource.map {
            CredentialStore(username: settings.username ?? "", source: $0)
        }
    }

    /// The same upstream's with other settings. What has been learned is kept unless it is about another address, TLS or
    /// account.
    func successor(
        _ settings: UpstreamSettings, _ change: UpstreamChange, tokens: TokenKeeper? = nil
    ) -> UpstreamAccess {
        let next = UpstreamAccess(settings, work: work, tokens: tokens)
        next.formerTrust = trust ?? formerTrust
        if let trust, let wanted = next.verification, trust.holds(for: wanted) { next.trust = trust }
        guard !change.contains(.means) else { return next }
        next.clearUntil = clearUntil
        next.mechanisms = mechanisms
        next.scramKeys = scramKeys
        return next
    }

    /// Reads the authorities off the event loop, once; calls back at once if there is nothing to read.
    func prepare(on eventLoop: any EventLoop, _ done: @escaping () -> Void = {}) {
        guard let verification, trust == nil else { return done() }
        waiting.append(done)
        guard waiting.count == 1 else { return }
        work.run(on: eventLoop, { [formerTrust] in UpstreamTrust.read(verification, after: formerTrust) }) {
            self.prepared($0)
        }
    }

    private func prepared(_ read: UpstreamTrust) {
        trust = trust ?? read
        formerTrust = nil
        let callers = waiting
        waiting = []
        for done in callers { done() }
    }

    /// The upstream's name.
    var name: String { settings.name }
    /// Whether 8-bit content may be re-encoded for this upstream.
    var downgradesEightBit: Bool { settings.downgradesEightBit }
    /// Whether TLS sessions verify the server.
    var verifies: Bool { settings.verifiesTLS }

    /// Security settings of a session that starts now.
    func policy(now: MonotonicInstant) -> ClientSecurity {
        let isClear = settings.tls == .opportunistic && clearUntil.map { now < $0 } ?? false
        return ClientSecurity(
            tls: isClear ? .off : settings.tls, authenticates: store != nil || tokens != nil,
            authenticatesInClear: settings.allowsAuthWithoutTLS)
    }

    /// A session's handshake has failed.
    ///
    /// - Returns: whether the next session may do without TLS; with opportunistic TLS, an attacker who breaks the
    ///   handshake could as well have removed STARTTLS from the reply to EHLO (RFC 7435 section 3).
    func handshakeFailed(now: MonotonicInstant) -> Bool {
        guard settings.tls == .opportunistic else { return false }
        clearUntil = now + Self.clearTime
        return true
    }

    /// - Throws: ``TLSError`` if the authorities cannot be read.
    func makeHandler() throws(TLSError) -> TLSHandler {
        guard let verification else { preconditionFailure("TLS was started with an upstream for which it is off") }
        let trust = trust ?? UpstreamTrust.read(verification, after: formerTrust)
        self.trust = trust
        return TLSHandler(
            client: try trust.context.get(), serverName: settings.tlsName ?? settings.host,
            handshakeTimeout: .nanoseconds(settings.commandTimeout.wholeMilliseconds * 1_000_000))
    }

    // MARK: - The account

    /// Finds the credentials; calls back at once if they are available.
    func findCredentials(
        on eventLoop: any EventLoop, _ done: @escaping (Result<Credentials, CredentialError>) -> Void
    ) {
        if let tokens { return findToken(of: tokens, done) }
        guard let store else { preconditionFailure("a login was requested for an upstream without an account") }
        if store.isAtHand { return done(store.find()) }
        work.run(on: eventLoop, { store.find() }, done: done)
    }

    private func findToken(
        of tokens: TokenKeeper, _ done: @escaping (Result<Credentials, CredentialError>) -> Void
    ) {
        let username = settings.username ?? ""
        tokens.find { found in
            done(
                found.map { Credentials(username: username, secret: .token($0.octets)) }
                    .mapError { CredentialError(description: $0.description) })
        }
    }

    /// The upstream has refused a login.
    ///
    /// - Parameter reply: without secrets.
    /// - Returns: whether its token is given up, so that another login has another one.
    func replacesToken(of credentials: Credentials, after reply: String) -> Bool {
        guard let tokens, case .token(let octets) = credentials.secret,
            let token = BearerToken(String(decoding: octets, as: UTF8.self))
        else { return false }
        return tokens.refused(token, by: name, reply)
    }

    /// An operator has mended something: a token that could not be had is asked for at once.
    func askForTokenAgain() { tokens?.askAgain() }

    /// How its tokens stand; nil unless the relay gets them by itself.
    var tokenStatus: TokenStatus? { tokens?.status }

    /// The mechanisms that both sides support and the operator allows, strongest first.
    ///
    /// - Parameters:
    ///   - offered: the server's mechanisms.
    ///   - details: negotiated TLS parameters; nil in clear text.
    func usableMechanisms(
        of offered: [String], _ credentials: Credentials, _ details: TLSConnectionDetails?
    ) -> [SASLMechanism] {
        SASLClient.usable(
            of: offered, credentials: credentials, binding: Self.binding(details),
            allowsPlaintextPasswords: showsSecret(details)
        ).filter { settings.mechanism == nil || settings.mechanism == $0 }
    }

    private static func binding(_ details: TLSConnectionDetails?) -> ChannelBinding? {
        details?.exporter.map { ChannelBinding(exporter: $0) }
    }

    /// Starts a login.
    ///
    /// - Parameters:
    ///   - offered: the server's mechanisms.
    ///   - details: negotiated TLS parameters; nil in clear text.
    ///   - alternative: the mechanism to use after another one was refused; nil to choose.
    func login(
        _ credentials: Credentials, offered: [String], _ details: TLSConnectionDetails?, _ alternative: SASLMechanism?
    ) throws(CredentialError) -> UpstreamLogin {
        let usable = usableMechanisms(of: offered, credentials, details)
        guard let mechanism = alternative ?? mechanisms.first(of: usable) else {
            let names = offered.joined(separator: " ")
            throw CredentialError(description: "the server offers no \(wantedMechanism): \(names)")
        }
        do {
            let client = try SASLClient(
                mechanism, credentials: credentials, binding: Self.binding(details), nonce: SCRAMNonce(),
                keys: scramKeys)
            return UpstreamLogin(client, credentials)
        } catch {
            throw CredentialError(description: "\(error)")
        }
    }

    private var wantedMechanism: String {
        if let mechanism = settings.mechanism { return mechanism.rawValue }
        return takesToken ? "XOAUTH2 or OAUTHBEARER, which a token needs" : "mechanism for these credentials"
    }

    /// Whether the account has tokens instead of a password.
    private var takesToken: Bool { tokens != nil || settings.tokenFile != nil }

    /// What an operator does about a refused token; nil for a password, where the server's words are enough.
    var remedy: String? {
        if let file = settings.tokenFile { return "check username, and the token in \(file) (token_file)" }
        guard tokens != nil else { return nil }
        return "the token endpoint has given this token: check username and scope, and what the account lets the "
            + "application do"
    }

    /// Whether the secret itself may be sent. With opportunistic TLS the other end is unverified.
    private func showsSecret(_ details: TLSConnectionDetails?) -> Bool {
        if settings.allowsAuthWithoutTLS { return true }
        return switch settings.tls {
        case .starttls, .implicit: details != nil
        case .off, .opportunistic: false
        }
    }

    /// Answers a challenge; calls back at once, unless a key must be derived from the password.
    func answer(
        _ challenge: [UInt8], in login: UpstreamLogin, on eventLoop: any EventLoop,
        _ done: @escaping (UpstreamLogin, Result<[UInt8], SASLError>) -> Void
    ) {
        let work: @Sendable () -> (UpstreamLogin, Result<[UInt8], SASLError>) = {
            var login = login
            let response = login.respond(to: challenge)
            return (login, response)
        }
        let finish = { (result: (UpstreamLogin, Result<[UInt8], SASLError>)) in
            self.scramKeys = result.0.scramKeys ?? self.scramKeys
            done(result.0, result.1)
        }
        if login.isSlow(challenge) { self.work.run(on: eventLoop, work, done: finish) } else { finish(work()) }
    }
}

extension UpstreamSettings {
    /// How its certificate is verified.
    fileprivate var verification: TLSClientSettings {
        TLSClientSettings(verifies: verifiesTLS, caFile: verifiesTLS ? caFile : nil)
    }
}
