/// What the owner of a token may do.
package enum AccessRole: String, Hashable, Sendable, CaseIterable {
    /// See everything, change nothing.
    case read
    /// Hand in mail, nothing else.
    case send
    /// Everything.
    case operate

    /// Whether this role may do what `needed` is for: `operate` includes the others, which include nothing.
    package func allows(_ needed: AccessRole) -> Bool { self == .operate || self == needed }
}
