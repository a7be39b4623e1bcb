/// Why a client cannot continue its login. Contains nothing of the credentials.
package struct SASLError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The credentials cannot be used with the mechanism.
        package static let badCredentials = Code(rawValue: "bad_credentials")
        /// The server violated the mechanism.
        package static let badChallenge = Code(rawValue: "bad_challenge")
        /// The server does not know the password's keys, so it is not the one it claims to be.
        package static let serverNotProved = Code(rawValue: "server_not_proved")
        /// The server asks for so little work that the password would be at risk, or for too much.
        package static let badCost = Code(rawValue: "bad_cost")
        /// libcrypto failed.
        package static let cryptography = Code(rawValue: "cryptography")
    }

    package let code: Code
    /// A sentence for the operator.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
