internal import Mail

/// Asks for tokens; tests have their own.
package protocol TokenSource: Sendable {
    /// Asks for a token, once.
    ///
    /// - Parameter done: called once, anywhere.
    func request(
        for settings: OAuthSettings, done: @escaping @Sendable (Result<TokenGrant, TokenFailure>) -> Void)
}

/// Has none: for deliveries without such accounts.
package struct NoTokenSource: TokenSource {
    package init() {}

    package func request(
        for settings: OAuthSettings, done: @escaping @Sendable (Result<TokenGrant, TokenFailure>) -> Void
    ) {
        done(.failure(TokenFailure(TokenError(.unavailable, "no token: nobody here asks for one"))))
    }
}
