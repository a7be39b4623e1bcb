/// The relay's identity at an upstream, and its secret, which is never printed.
package struct Credentials: Hashable, Sendable {
    package enum Secret: Hashable, Sendable {
        case password([UInt8])
        /// An OAuth 2.0 access token.
        case token([UInt8])
    }

    package let username: String
    package let secret: Secret

    package init(username: String, secret: Secret) {
        self.username = username
        self.secret = secret
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "Credentials(\(username), \(secret))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Credentials.Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .password: "password(…)"
        case .token: "token(…)"
        }
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
