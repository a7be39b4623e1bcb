internal import Dialogue

/// What a request for a token needs and nobody may see.
struct TokenSecrets: Sendable {
    var clientSecret: String?
    var refreshToken: String?

    /// Hides them in what the server says about a request.
    var filter: SecretFilter {
        var filter = SecretFilter()
        for secret in [clientSecret, refreshToken].compactMap(\.self) {
            filter.add(secret)
            filter.add(FormBody.encoded(secret))
        }
        return filter
    }
}

extension TokenSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "TokenSecrets(…)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
