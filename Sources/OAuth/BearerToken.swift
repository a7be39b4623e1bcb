/// An access token (RFC 6750), which is never printed.
package struct BearerToken: Hashable, Sendable {
    /// Visible ASCII, at least one octet.
    package let octets: [UInt8]

    /// Nil for octets that no token has (RFC 6749 appendix A.12).
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        octets = Array(text.utf8)
    }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "BearerToken(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A token, as given by a token endpoint.
package struct TokenGrant: Hashable, Sendable {
    package let token: BearerToken
    /// How long it is valid.
    package let lifetime: Duration
    /// Why the refresh token that came with it is not on disk yet; nil if it is, or none came.
    package let unsaved: TokenError?

    package init(_ token: BearerToken, lifetime: Duration, unsaved: TokenError? = nil) {
        self.token = token
        self.lifetime = lifetime
        self.unsaved = unsaved
    }
}
