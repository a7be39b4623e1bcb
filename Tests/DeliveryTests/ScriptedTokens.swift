import Mail
import OAuth
import Synchronization

/// A token endpoint that answers when a test says so.
final class ScriptedTokens: TokenSource {
    typealias Answer = Result<TokenGrant, TokenFailure>

    private struct State {
        var requests: [OAuthSettings] = []
        var waiting: [@Sendable (Answer) -> Void] = []
        /// In their order; without one, a request waits.
        var answers: [Answer]
    }

    private let state: Mutex<State>

    init(_ answers: Answer...) { state = Mutex(State(answers: answers)) }

    var requests: [OAuthSettings] { state.withLock { $0.requests } }
    var isWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    func request(for settings: OAuthSettings, done: @escaping @Sendable (Answer) -> Void) {
        let answer = state.withLock { state -> Answer? in
            state.requests.append(settings)
            guard state.answers.isEmpty else { return state.answers.removeFirst() }
            state.waiting.append(done)
            return nil
        }
        if let answer { done(answer) }
    }

    /// Answers what waits, or else the next request.
    func answer(_ answer: Answer) {
        let waiting = state.withLock { state in
            guard state.waiting.isEmpty else { return [state.waiting.removeFirst()] }
            state.answers.append(answer)
            return []
        }
        for done in waiting { done(answer) }
    }
}

extension ScriptedTokens.Answer {
    static func token(_ text: String, _ seconds: Int64 = 3600, unsaved: TokenError? = nil) -> Self {
        guard let token = BearerToken(text) else { preconditionFailure("\(text) is a token") }
        return .success(TokenGrant(token, lifetime: .seconds(seconds), unsaved: unsaved))
    }

    static func refusal(_ text: String = "no token: https://login.test answers 401 invalid_client") -> Self {
        .failure(TokenFailure(TokenError(.refused, text)))
    }
}
