internal import Dialogue
internal import Mail
internal import SASL
internal import SMTP
internal import TLS
internal import Upstreams

/// TLS and login of one session: what has been negotiated, and what is under way.
struct SessionSecurity: ~Copyable {
    /// Characters of a server's reason for refusing a token that are told.
    private static let explanationLimit = 200

    /// What all sessions of the upstream share.
    let access: UpstreamAccess
    let policy: ClientSecurity
    /// Negotiated TLS parameters; nil in clear text.
    private(set) var tls: TLSConnectionDetails?
    /// The same on one line, for the ledger and the log.
    private(set) var tlsSummary: String?
    private var login: UpstreamLogin?
    /// What must not be shown of the logins, under way or over: servers may echo it at any time.
    private(set) var secrets: [String] = []
    /// Hides them; nil before the first login.
    private var filter: SecretFilter?
    /// The refusals of this session so far, each a reply with its mechanism.
    private var refusals: [String] = []
    /// The mechanism to log in with next; nil for the first choice.
    private var alternative: SASLMechanism?
    /// Whether a token that the server has refused was given up, and the server has not taken another one yet.
    private var hasReplacedToken = false
    /// Whether credentials are being read, a key is computed, or a token asked for, off the event loop.
    private(set) var isBusy = false

    init(_ access: UpstreamAccess, now: MonotonicInstant) {
        self.access = access
        self.policy = access.policy(now: now)
    }

    /// Whether the session uses TLS with a verified certificate.
    var isVerified: Bool { tls != nil && access.verifies }
    /// Whether a login is under way.
    var isLoggingIn: Bool { login != nil }
    /// Whether the server has refused one mechanism or token, and not yet another one.
    var hasAlternativeLogin: Bool { alternative != nil || hasReplacedToken }

    mutating func established(_ details: TLSConnectionDetails) {
        tls = details
        tlsSummary = details.summary
    }

    // MARK: - Login

    mutating func waits() { isBusy = true }

    mutating func continues() { isBusy = false }

    /// - Parameter offered: the server's mechanisms.
    mutating func begin(
        _ credentials: Credentials, offered: [String]
    ) throws(CredentialError) -> (mechanism: String, initialResponse: [UInt8]?) {
        var login = try access.login(credentials, offered: offered, tls, alternative)
        let initial = login.start()
        self.login = login
        hide(login.secrets)
        return (login.mechanism.rawValue, initial)
    }

    /// The login in which a challenge is to be answered; the session waits for that.
    mutating func challenged() -> UpstreamLogin? {
        if login != nil { isBusy = true }
        return login
    }

    mutating func answered(in login: UpstreamLogin) {
        isBusy = false
        self.login = login
        hide(login.secrets)
    }

    /// The server accepts the login.
    ///
    /// - Throws: ``SASLError`` if it is not the one it should be.
    mutating func succeeded() throws(SASLError) {
        guard let login else { return }
        self.login = nil
        try login.succeeded()
        alternative = nil
        hasReplacedToken = false
        access.mechanisms.worked(login.mechanism)
    }

    /// The server refuses a login, perhaps because its token has expired.
    ///
    /// - Returns: whether to log in again, with another token.
    mutating func replacesToken(after reply: Reply) -> Bool {
        guard reply.code == 535, !hasReplacedToken, let login else { return false }
        hasReplacedToken = access.replacesToken(of: login.credentials, after: explained(reply, login))
        return hasReplacedToken
    }

    /// With the server's reason for refusing a token, cut after its secrets are hidden.
    private func explained(_ reply: Reply, _ login: UpstreamLogin) -> String {
        guard let text = login.explanation else { return reply.description }
        let explanation = concealed(text)
        let isLong = explanation.count > Self.explanationLimit
        return "\(reply) (\(isLong ? "\(explanation.prefix(Self.explanationLimit))…" : explanation))"
    }

    /// The server refuses the login for good.
    ///
    /// - Returns: whether to try another mechanism, and the reply with those before.
    mutating func refused(_ reply: Reply, offered: [String]) -> (triesNext: Bool, reason: String) {
        guard let login else { return (false, reply.description) }
        let text = explained(reply, login)
        let usable = access.usableMechanisms(of: offered, login.credentials, tls)
        alternative = access.mechanisms.refused(login.mechanism, of: usable, isFirst: refusals.isEmpty)
        if let alternative {
            refusals.append("\(text) (\(login.mechanism.rawValue))")
            return (true, "\(text) (\(login.mechanism.rawValue)); \(alternative.rawValue) is next")
        }
        let before = refusals.map { "; before: \($0)" }.joined()
        let reason = before.isEmpty ? text : "\(text) (\(login.mechanism.rawValue))\(before)"
        return (false, access.remedy.map { "\(reason); \($0)" } ?? reason)
    }

    // MARK: - Secrets

    private mutating func hide(_ new: [String]) {
        if filter == nil { filter = SecretFilter() }
        for secret in new where !secrets.contains(secret) {
            secrets.append(secret)
            filter?.add(secret)
        }
    }

    /// Servers echo what they did not understand; it may be a password.
    func concealed(_ reason: String) -> String { filter?.filtered(reason) ?? reason }

    /// A reply as it may be kept. One that is kept nowhere stays as it is.
    func concealed(_ reply: Reply, at phase: ClientPhase) -> Reply {
        Self.isUsual(reply, at: phase) ? reply : concealed(reply)
    }

    /// One that ends the session, even where it would usually be a challenge.
    func concealed(_ reply: Reply) -> Reply {
        guard let filter else { return reply }
        return Reply(reply.code, reply.enhancedCode, lines: reply.lines.map(filter.filtered))
    }

    /// Whether a session goes on with it, and nobody hears of it. A challenge must stay whole, too.
    private static func isUsual(_ reply: Reply, at phase: ClientPhase) -> Bool {
        switch reply.kind {
        case .positive: phase == .mail || phase == .rcpt
        case .intermediate: phase == .data || phase == .auth
        case .transient, .permanent: false
        }
    }
}
