internal import Access
internal import Mail

/// What let a request in, for answers that take long: whether it would still be let in.
struct AccessPermit: Sendable {
    let control: AccessControl
    let client: IPAddress
    let token: AccessToken
    /// The secret of the session that stood for the token; nil where the token itself came.
    let session: String?
    let access: RouteAccess

    /// Whether the token is still there, or its session, with a role that is enough, for this client.
    var isValid: Bool {
        guard control.rules.admits(client), let holder else { return false }
        switch access {
        case .anyone, .anyToken: return true
        case .role(let needed): return holder.role.allows(needed)
        }
    }

    /// The token as it is now, which may have another role.
    private var holder: AccessToken? {
        guard let session else { return control.tokens.token(named: token.name, hash: token.hash) }
        return control.sessions.token(session, in: control.tokens)
    }
}
