/// The ways a server offers to log in.
package struct LoginOffer: Hashable, Sendable {
    /// SASL mechanisms in upper case, in the server's order.
    package let mechanisms: [String]
    /// Whether user name and password may be sent as a command: LOGIN (RFC 9051 section 6.2.3), USER and PASS (RFC 1939
    /// section 7).
    package let allowsPassword: Bool
    package let isEncrypted: Bool

    package init(mechanisms: [String], allowsPassword: Bool, isEncrypted: Bool) {
        self.mechanisms = mechanisms
        self.allowsPassword = allowsPassword
        self.isEncrypted = isEncrypted
    }
}
