package import Upstreams

/// When a token is asked for, and what a login does meanwhile. A value without IO or a clock.
///
/// There is one request at a time. A token is renewed at about three quarters of its life, and failures of that cost
/// nothing while it is valid. After a failure the endpoint is left alone for a second, then for longer, up to a minute, so
/// that a new secret on disk is used at most a minute later.
package struct TokenMachine: Sendable {
    /// What a login does.
    package enum Answer: Hashable, Sendable {
        case use(BearerToken)
        /// Begin a request, and wait for it; report ``granted(_:now:jitter:)`` or ``failed(_:now:jitter:)``.
        case fetch
        /// Wait for the request that is under way.
        case wait
        case refused(TokenError)
    }

    /// What a login does whose token the upstream has refused.
    package enum Rejection: Hashable, Sendable {
        /// Begin a request, and log in again with its result.
        case fetch
        /// Log in again: there is another token, or a request for one is under way.
        case tryAgain
        /// The account is to blame: another token has been refused a moment ago.
        case giveUp
    }

    /// | state | meaning | goes to |
    /// |---|---|---|
    /// | `none` | no token, and no failure either | `fetching` |
    /// | `fetching` | no token; a request is under way | `valid`, `refused` |
    /// | `valid` | a token that may be used, and its renewal | `valid`; `fetching` if it is refused, or expires during its renewal; `none`, `refused` if it expires |
    /// | `refused` | no token; the endpoint is left alone until then | `fetching` |
    private enum State {
        case none
        case fetching(Trouble)
        case valid(Held, Renewal)
        case refused(Trouble, TokenError, until: MonotonicInstant)
    }

    private struct Held {
        let token: BearerToken
        let expires: MonotonicInstant
        /// It is not used any more from then, since a login takes time.
        let usedUntil: MonotonicInstant
    }

    /// Failures since the last token.
    private struct Trouble {
        var failures = 0
        var error: TokenError?
    }

    private enum Renewal {
        case due(at: MonotonicInstant, Trouble)
        /// A request is under way.
        case running(Trouble)
    }

    private var state = State.none
    /// When a token was last given up because the upstream had refused it.
    private var replacedAt: MonotonicInstant?

    package init() {}

    // MARK: - Logins

    /// A session is about to log in.
    package mutating func tokenWanted(now: MonotonicInstant) -> Answer {
        expire(now)
        switch state {
        case .none:
            state = .fetching(Trouble())
            return .fetch
        case .fetching: return .wait
        case .valid(let held, _): return .use(held.token)
        case .refused(let trouble, let error, let until):
            guard until <= now else { return .refused(error) }
            state = .fetching(trouble)
            return .fetch
        }
    }

    /// The upstream has refused a token.
    package mutating func rejected(_ token: BearerToken, now: MonotonicInstant) -> Rejection {
        expire(now)
        switch state {
        case .none, .fetching: return .tryAgain
        case .refused: return .giveUp
        case .valid(let held, let renewal):
            guard held.token == token else { return .tryAgain }
            return replace(renewal, now)
        }
    }

    /// An upstream that refuses every token must not lead to a request per login.
    private mutating func replace(_ renewal: Renewal, _ now: MonotonicInstant) -> Rejection {
        if let replacedAt, now - replacedAt < TokenTimes.betweenReplacements { return .giveUp }
        replacedAt = now
        switch renewal {
        case .due(_, let trouble):
            state = .fetching(trouble)
            return .fetch
        case .running(let trouble):
            state = .fetching(trouble)
            return .tryAgain
        }
    }

    // MARK: - Time

    /// When ``deadlineReached(now:)`` is due; nil while a request is under way, and before the first.
    package var deadline: MonotonicInstant? {
        switch state {
        case .none, .fetching, .valid(_, .running): nil
        case .valid(_, .due(let instant, _)), .refused(_, _, until: let instant): instant
        }
    }

    /// - Returns: whether to begin a request.
    package mutating func deadlineReached(now: MonotonicInstant) -> Bool {
        expire(now)
        switch state {
        case .none:
            state = .fetching(Trouble())
            return true
        case .valid(let held, .due(let instant, let trouble)) where instant <= now:
            state = .valid(held, .running(trouble))
            return true
        case .refused(let trouble, _, let until) where until <= now:
            state = .fetching(trouble)
            return true
        case .fetching, .valid, .refused: return false
        }
    }

    /// An operator has mended something: what has failed is asked for at once, and the next token that the upstream refuses
    /// is given up.
    ///
    /// - Returns: whether to begin a request.
    package mutating func askAgain(now: MonotonicInstant) -> Bool {
        expire(now)
        replacedAt = nil
        switch state {
        case .refused(let trouble, _, _):
            state = .fetching(trouble)
            return true
        case .valid(let held, .due(_, let trouble)) where trouble.error != nil:
            state = .valid(held, .running(trouble))
            return true
        case .none, .fetching, .valid: return false
        }
    }

    private mutating func expire(_ now: MonotonicInstant) {
        guard case .valid(let held, let renewal) = state, held.usedUntil <= now else { return }
        switch renewal {
        case .running(let trouble): state = .fetching(trouble)
        case .due(let instant, let trouble):
            state = trouble.error.map { .refused(trouble, $0, until: instant) } ?? .none
        }
    }

    // MARK: - Answers

    /// The request has given a token.
    ///
    /// - Parameter jitter: random, from -1 to 1.
    package mutating func granted(_ grant: TokenGrant, now: MonotonicInstant, jitter: Double) {
        require(isRequesting)
        let life = grant.lifetime
        let held = Held(token: grant.token, expires: now + life, usedUntil: now + TokenTimes.use(of: life))
        let renewal = TokenTimes.renewal(of: life, jitter: jitter)
        let wait = grant.unsaved == nil ? renewal : min(renewal, TokenTimes.untilSavedAgain)
        state = .valid(held, .due(at: now + wait, Trouble(error: grant.unsaved)))
    }

    /// It has given none.
    ///
    /// - Parameter jitter: random, from -1 to 1.
    package mutating func failed(_ failure: TokenFailure, now: MonotonicInstant, jitter: Double) {
        expire(now)
        switch state {
        case .fetching(let before):
            let (trouble, next) = Self.worse(before, failure, now, jitter)
            state = .refused(trouble, failure.error, until: next)
        case .valid(let held, .running(let before)):
            let (trouble, next) = Self.worse(before, failure, now, jitter)
            state = .valid(held, .due(at: next, trouble))
        case .none, .refused, .valid(_, .due): require(false)
        }
    }

    private static func worse(
        _ before: Trouble, _ failure: TokenFailure, _ now: MonotonicInstant, _ jitter: Double
    ) -> (Trouble, next: MonotonicInstant) {
        let trouble = Trouble(failures: before.failures + 1, error: failure.error)
        let pause = TokenTimes.pause(after: trouble.failures, jitter: jitter)
        let wish = min(failure.retryAfter ?? .zero, TokenTimes.longestWish)
        return (trouble, now + max(pause, wish))
    }

    private func require(_ isTrue: Bool) { precondition(isTrue, "an answer came that nobody had asked for") }

    // MARK: - For operators

    package enum Stage: String, Hashable, Sendable, CaseIterable {
        case none, fetching, valid, refused
    }

    package func stage(now: MonotonicInstant) -> Stage {
        var machine = self
        machine.expire(now)
        return switch machine.state {
        case .none: .none
        case .fetching: .fetching
        case .valid: .valid
        case .refused: .refused
        }
    }

    package var isRequesting: Bool {
        switch state {
        case .fetching, .valid(_, .running): true
        case .none, .refused, .valid(_, .due): false
        }
    }

    /// When the token expires; nil without one.
    package var expires: MonotonicInstant? {
        if case .valid(let held, _) = state { held.expires } else { nil }
    }

    /// Of the last request, if it has failed.
    package var lastError: TokenError? {
        switch state {
        case .none: nil
        case .fetching(let trouble), .valid(_, .due(_, let trouble)), .valid(_, .running(let trouble)): trouble.error
        case .refused(_, let error, _): error
        }
    }
}
