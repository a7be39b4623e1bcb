package import Ingress
internal import Mail

/// What the admin interface knows of guarded users.
package struct GuardDesk: Sendable {
    private let guardian: UserGuard
    private let lead: @Sendable () -> Duration

    /// - Parameter lead: how far the system's clock is ahead of the steady one.
    package init(_ guardian: UserGuard, lead: @escaping @Sendable () -> Duration) {
        (self.guardian, self.lead) = (guardian, lead)
    }

    /// All users with a guard, by name.
    var documents: [UserDocument] {
        let lead = lead()
        return guardian.guarded.map { UserDocument($0, lead: lead) }
    }

    /// - Returns: nil for a user without a guard.
    func document(of user: String) -> UserDocument? { documents.first { $0.name == user } }

    /// - Returns: false if nobody is suspected by that name.
    func trust(_ user: String) -> Bool { guardian.trust(user) }
}
