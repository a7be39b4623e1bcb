package import Mail

/// Why there is no token. Contains nothing of a token or a secret.
package typealias TokenError = CodedError<TokenDomain>

/// The domain of ``TokenError``.
package enum TokenDomain {}

extension TokenError.Code {
    /// A file with a secret cannot be used.
    package static var file: Self { Self(rawValue: "file") }
    /// The token endpoint was not reached, has not answered in time, or does not work.
    package static var unavailable: Self { Self(rawValue: "unavailable") }
    /// It refuses the client, the secret, the refresh token or the scope (RFC 6749 section 5.2).
    package static var refused: Self { Self(rawValue: "refused") }
    /// Its answer is not one of a token endpoint.
    package static var answer: Self { Self(rawValue: "answer") }
    /// A new refresh token cannot be put on disk, and so not be used.
    package static var unsaved: Self { Self(rawValue: "unsaved") }
}

/// A request without a token as its result.
package struct TokenFailure: Error, Hashable, Sendable {
    package let error: TokenError
    /// How long the server wants to be left alone; nil if it has not said so.
    package let retryAfter: Duration?

    package init(_ error: TokenError, retryAfter: Duration? = nil) {
        self.error = error
        self.retryAfter = retryAfter
    }
}
