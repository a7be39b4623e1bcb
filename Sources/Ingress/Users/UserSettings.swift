package import Mail
package import SASL

/// One `[[user]]`: who may log in, and what their mail gets.
package struct UserSettings: Hashable, Sendable {
    /// As it is typed, prepared (RFC 4013); unique.
    package var name: String
    package var passwordHash: PasswordHash
    /// Of all mail of this user; nil where the mail itself decides.
    package var priority: Priority?
    /// Messages; nil is no limit.
    package var maxRate: Rate?
    /// Name of the route of all mail of this user; nil where the mail itself decides.
    package var route: String?

    package init(
        name: String, passwordHash: PasswordHash, priority: Priority? = nil, maxRate: Rate? = nil, route: String? = nil
    ) {
        self.name = name
        self.passwordHash = passwordHash
        self.priority = priority
        self.maxRate = maxRate
        self.route = route
    }
}
