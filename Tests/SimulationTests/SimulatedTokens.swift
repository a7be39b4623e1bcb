import Mail
import OAuth

/// The token endpoint of the first upstream's account, which may have trouble of its own.
///
/// Every token is good for a while. A new life of the relay begins without one.
final class SimulatedTokens: TokenSource, @unchecked Sendable {
    // Safety: a run, with everything that belongs to it, is confined to one thread.

    enum Weather: Hashable {
        case fine, down, silent, slow, refuses
    }

    enum Change: Hashable {
        case turn(Weather)
        /// No token so far is good any more.
        case revoke
    }

    /// What every token begins with.
    static let secret = "t0ken-of-u0"
    private static let life = Duration.seconds(40)

    private let timeline: Timeline
    private let trace: Trace
    private let oracle: Oracle
    /// Of the present life of the relay.
    private var loop: SimulatedLoop?
    private(set) var weather = Weather.fine
    private(set) var given = 0
    private(set) var failed = 0
    /// When each token ends, in nanoseconds.
    private var ends: [String: Int64] = [:]
    private var revoked: Set<String> = []

    init(_ timeline: Timeline, _ trace: Trace, _ oracle: Oracle) {
        self.timeline = timeline
        self.trace = trace
        self.oracle = oracle
    }

    func begin(on loop: SimulatedLoop) { self.loop = loop }

    func happen(_ change: Change) {
        trace.note { "the token endpoint: \(change)" }
        switch change {
        case .turn(let weather): self.weather = weather
        case .revoke: revoked.formUnion(ends.keys)
        }
    }

    // MARK: - The relay

    func request(for settings: OAuthSettings, done: @escaping @Sendable (Result<TokenGrant, TokenFailure>) -> Void) {
        guard let loop else { preconditionFailure("a token is asked for before the relay has begun") }
        let weather = weather
        loop.at(timeline.now + Self.time(weather).nanoseconds) { [unowned self] in
            let answer = answer(weather)
            trace.note { "the token endpoint answers: \(weather)" }
            done(answer)
        }
    }

    private static func time(_ weather: Weather) -> Duration {
        switch weather {
        case .fine, .refuses: .milliseconds(30)
        case .down: .milliseconds(5)
        case .slow: .seconds(3)
        // As long as the relay waits for an answer.
        case .silent: .seconds(8)
        }
    }

    private func answer(_ weather: Weather) -> Result<TokenGrant, TokenFailure> {
        switch weather {
        case .fine, .slow: return .success(give())
        case .down, .silent: return fail(.unavailable, "no token: nobody answers")
        case .refuses: return fail(.refused, "no token: invalid_client")
        }
    }

    private func give() -> TokenGrant {
        given += 1
        let text = "\(Self.secret)-\(given)"
        ends[text] = timeline.now + Self.life.nanoseconds
        guard let token = BearerToken(text) else { preconditionFailure("\(text) is a token") }
        return TokenGrant(token, lifetime: Self.life)
    }

    private func fail(_ code: TokenError.Code, _ text: String) -> Result<TokenGrant, TokenFailure> {
        failed += 1
        return .failure(TokenFailure(TokenError(code, text)))
    }

    // MARK: - The upstream

    /// Whether a login by XOAUTH2 has a token that is good. One that has ended by itself must not come.
    func accepts(_ line: String) -> Bool {
        guard let token = Self.token(in: line), let end = ends[token] else {
            oracle.problem("a login without a token that was given: \(line)")
            return false
        }
        guard !revoked.contains(token) else { return false }
        if end <= timeline.now { oracle.problem("a login with a token that has ended: \(token)") }
        return end > timeline.now
    }

    private static func token(in line: String) -> String? {
        guard let word = line.split(separator: " ").last, let octets = Base64.decode(word.utf8) else { return nil }
        let parts = String(decoding: octets, as: UTF8.self).split(separator: "\u{1}")
        return parts.first { $0.hasPrefix("auth=Bearer ") }.map { String($0.dropFirst("auth=Bearer ".count)) }
    }
}
