/// One `[[admin.token]]`: a program or a person who may use the API.
package struct AccessToken: Hashable, Sendable {
    /// What logs and the audit log call its owner; unique.
    package var name: String
    package var hash: TokenHash
    package var role: AccessRole
    /// The `[[user]]` whose mail it hands in; nil for none.
    package var user: String?

    package init(name: String, hash: TokenHash, role: AccessRole, user: String? = nil) {
        self.name = name
        self.hash = hash
        self.role = role
        self.user = user
    }
}
