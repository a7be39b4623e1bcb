internal import Delivery
internal import Mail
internal import Mailbox
internal import NIOCore
internal import OAuth
internal import SASL
internal import TLS

/// TLS and account of one mailbox's sessions.
///
/// Confined to the visitor's event loop.
final class VisitAccess {
    /// What a session needs before it begins.
    struct Ready {
        /// nil without TLS.
        let tls: TLSClientContext?
        let credentials: Credentials
    }

    private let account: MailboxAccount
    private let means: VisitMeans
    private let tokens: AccountTokens?
    private var trust: UpstreamTrust?
    /// Derived from the password, for the next session.
    var scramKeys: SCRAMClientKeys?

    init(_ account: MailboxAccount, _ means: VisitMeans, now: @escaping () -> Duration) {
        self.account = account
        self.means = means
        tokens = account.oauth.map {
            AccountTokens($0, means.tokens, on: means.eventLoop, now: now, jitter: means.jitter)
        }
    }

    /// Reads the authorities, and the secret afresh.
    func prepare(_ done: @escaping (Result<Ready, VisitFailure>) -> Void) {
        readTrust { trusted in
            switch trusted {
            case .failure(let failure): done(.failure(failure))
            case .success(let tls): self.findCredentials { done($0.map { Ready(tls: tls, credentials: $0) }) }
            }
        }
    }

    private func readTrust(_ done: @escaping (Result<TLSClientContext?, VisitFailure>) -> Void) {
        guard account.tls != .off else { return done(.success(nil)) }
        let settings = TLSClientSettings(caFile: account.caFile)
        means.work.run(on: means.eventLoop, { [trust] in UpstreamTrust.read(settings, after: trust) }) { read in
            self.trust = read
            done(read.context.map { $0 }.mapError { VisitFailure(cause: "ca_file: \($0)", isLasting: true) })
        }
    }

    /// Finds the secret as it is now.
    func findCredentials(_ done: @escaping (Result<Credentials, VisitFailure>) -> Void) {
        if let tokens { return findToken(tokens, done) }
        guard let source = account.secret else {
            return done(.failure(VisitFailure(cause: "the mailbox has no password", isLasting: true)))
        }
        let store = CredentialStore(username: account.username, source: source)
        means.work.run(on: means.eventLoop, { store.find() }) { found in
            done(found.mapError { VisitFailure(cause: $0.description, isLasting: !$0.isShortage) })
        }
    }

    private func findToken(
        _ tokens: AccountTokens, _ done: @escaping (Result<Credentials, VisitFailure>) -> Void
    ) {
        let username = account.username
        tokens.find { found in
            done(
                found.map { Credentials(username: username, secret: .token($0.octets)) }
                    .mapError { VisitFailure(cause: $0.description, isLasting: $0.code != .unavailable) })
        }
    }

    /// The server has refused these credentials.
    ///
    /// - Returns: whether a session that begins now has others.
    func replaces(_ credentials: Credentials) -> Bool {
        guard let tokens, case .token(let octets) = credentials.secret,
            let token = BearerToken(String(decoding: octets, as: UTF8.self))
        else { return false }
        return tokens.refused(token)
    }

    var serverName: String { account.tlsName ?? account.host }
}
