package import Mail
package import OAuth

/// How the tokens of an account stand.
package struct TokenStatus: Hashable, Sendable {
    package var stage: TokenMachine.Stage
    /// By the system's clock; nil without a token.
    package var expires: Timestamp?
    /// When the last token came; nil before any.
    package var renewed: Timestamp?
    /// Why the last request gave no token, or its refresh token is not on disk; nil if all is well.
    package var lastError: String?

    package init(
        _ stage: TokenMachine.Stage, expires: Timestamp? = nil, renewed: Timestamp? = nil, lastError: String? = nil
    ) {
        self.stage = stage
        self.expires = expires
        self.renewed = renewed
        self.lastError = lastError
    }
}
