package import Mail

/// Why a client cannot continue its login. Contains nothing of the credentials.
package typealias SASLError = CodedError<SASLDomain>

/// The domain of ``SASLError``.
package enum SASLDomain {}

extension SASLError.Code {
    /// The credentials cannot be used with the mechanism.
    package static var badCredentials: Self { Self(rawValue: "bad_credentials") }
    /// The server violated the mechanism.
    package static var badChallenge: Self { Self(rawValue: "bad_challenge") }
    /// The server does not know the password's keys, so it is not the one it claims to be.
    package static var serverNotProved: Self { Self(rawValue: "server_not_proved") }
    /// The server asks for so little work that the password would be at risk, or for too much.
    package static var badCost: Self { Self(rawValue: "bad_cost") }
    /// libcrypto failed.
    package static var cryptography: Self { Self(rawValue: "cryptography") }
}
