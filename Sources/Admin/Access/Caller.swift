internal import Access

/// Who asks.
enum Caller: Sendable {
    /// Nobody has said who.
    case nobody
    /// Somebody who may open the socket: the operating system knows who.
    case socket
    /// The holder of a token.
    case token(AccessToken)

    /// Whether this caller may use a route for `needed`.
    func may(_ needed: AccessRole) -> Bool {
        switch self {
        case .nobody: false
        case .socket: true
        case .token(let token): token.role.allows(needed)
        }
    }

    /// As the log and the audit log name a token: no user of the system has a name that looks like this.
    static func name(of token: AccessToken) -> String { "token:\(token.name)" }
}
