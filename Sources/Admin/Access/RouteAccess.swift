package import Access

/// Who may use a route.
package enum RouteAccess: Hashable, Sendable {
    /// Everybody who reaches the relay: it tells nothing.
    case anyone
    /// Everybody with a token, whatever its role.
    case anyToken
    /// Those whose role allows this.
    case role(AccessRole)
}
