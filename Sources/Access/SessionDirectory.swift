internal import Synchronization
package import TLS

/// Sessions of browsers: each stands for a token, which the browser then need not keep. In memory only: a restart ends them.
package final class SessionDirectory: Sendable {
    private struct Session {
        let name: String
        let hash: TokenHash
        let until: ContinuousClock.Instant
    }

    /// How long a session lasts.
    package static let lifetime = Duration.seconds(12 * 3600)
    /// The most at a time; the oldest makes room.
    private static let limit = 1000

    private let sessions = Mutex<[TokenHash: Session]>([:])

    package init() {}

    /// Begins one for the holder of a token.
    ///
    /// - Returns: the secret of the session.
    /// - Throws: `TLSError` if the system has no randomness.
    package func begin(_ token: AccessToken, now: ContinuousClock.Instant = .now) throws(TLSError) -> String {
        let secret = try NewToken()
        let session = Session(name: token.name, hash: token.hash, until: now + Self.lifetime)
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.until > now }
            if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.until < $1.value.until })?.key {
                sessions[oldest] = nil
            }
            sessions[secret.hash] = session
        }
        return secret.text
    }

    /// The token that a session stands for; nil if the session is over, or the token is not valid any more.
    package func token(
        _ secret: String, in tokens: TokenDirectory, now: ContinuousClock.Instant = .now
    ) -> AccessToken? {
        let session = sessions.withLock { $0[TokenHash(of: secret)] }
        guard let session, session.until > now else { return nil }
        return tokens.token(named: session.name, hash: session.hash)
    }

    package func end(_ secret: String) {
        sessions.withLock { $0[TokenHash(of: secret)] = nil }
    }
}
