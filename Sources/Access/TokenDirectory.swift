internal import Synchronization

/// The tokens that are valid now; shared by all requests, and replaced as a whole.
package final class TokenDirectory: Sendable {
    private let tokens: Mutex<[AccessToken]>

    package init(_ tokens: [AccessToken] = []) {
        self.tokens = Mutex(tokens)
    }

    /// Later requests see these only.
    package func replace(with tokens: [AccessToken]) {
        self.tokens.withLock { $0 = tokens }
    }

    /// The token that a client presents; nil if it is none of ours. The time does not tell which, or how close it came.
    package func token(_ presented: String) -> AccessToken? {
        let hash = TokenHash(of: presented)
        return tokens.withLock { $0 }.reduce(nil) { found, token in token.hash.matches(hash) ? token : found }
    }

    /// The token of this name, as long as it is valid and has not been replaced by another.
    package func token(named name: String, hash: TokenHash) -> AccessToken? {
        tokens.withLock { $0.first { $0.name == name && $0.hash == hash } }
    }
}
