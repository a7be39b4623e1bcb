package import Mail

/// Why a suppression cannot be made.
package typealias SuppressionError = CodedError<SuppressionDomain>

/// The domain of ``SuppressionError``.
package enum SuppressionDomain {}

extension SuppressionError.Code {
    /// It is not an address, nor a pattern that there may be.
    package static var badPattern: Self { Self(rawValue: "bad_pattern") }
    /// A word about it is invalid.
    package static var badValue: Self { Self(rawValue: "bad_value") }
}
