package import Mail
package import SASL

/// One `[[user]]`: a user who may log in, and the settings of their mail.
package struct UserSettings: Hashable, Sendable {
    /// As typed, after preparation (RFC 4013); unique.
    package var name: String
    package var passwordHash: PasswordHash
    /// Class of all mail of this user; nil if the mail itself decides.
    package var priority: Priority?
    /// Message rate; nil is no limit.
    package var maxRate: Rate?
    /// Name of the route for all mail of this user; nil if the mail itself decides.
    package var route: String?
    /// Stream of the mail of this user that names none; nil for the route's, else the user itself.
    package var stream: String?
    /// As whom this user may send; nil for anybody.
    package var senders: AllowedSenders?
    /// What happens to mail that is unusual for this user.
    package var guardMode = GuardMode.off

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
