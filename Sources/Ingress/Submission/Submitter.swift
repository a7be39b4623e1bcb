package import Mail

/// Who hands in a message other than by SMTP: somebody whom the API knows already, so that no login is needed.
package struct Submitter: Hashable, Sendable {
    /// A name that the client gave its request, so that repeating it hands in nothing twice.
    package struct Key: Hashable, Sendable {
        /// How long a name stands for its message.
        package static let window = Duration.seconds(24 * 3600)

        /// Whose names these are; others' are different ones.
        package let scope: String
        package let text: String

        /// - Parameter text: 1 to 256 visible ASCII characters; nil for anything else.
        package init?(scope: String, text: String) {
            guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return nil
            }
            (self.scope, self.text) = (scope, text)
        }
    }

    package let client: IPAddress
    /// The user whose mail it is, with that user's limits, priority and route; nil for nobody's.
    package let user: UserSettings?
    package let key: Key?

    package init(client: IPAddress, user: UserSettings?, key: Key?) {
        (self.client, self.user, self.key) = (client, user, key)
    }
}
