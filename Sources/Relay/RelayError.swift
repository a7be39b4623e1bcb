internal import Ingress
package import Mail

/// Why the relay did not start, or ended by itself.
package typealias RelayError = CodedError<RelayDomain>

/// The domain of ``RelayError``.
package enum RelayDomain {}

extension RelayError.Code {
    /// The configuration is at fault.
    package static var configuration: Self { Self(rawValue: "configuration") }
    /// Trying again may help.
    package static var temporary: Self { Self(rawValue: "temporary") }
}

extension RelayError {
    init(_ error: any Error) {
        switch error {
        case let error as IngressError where error.code == .badAddress || error.code == .badNetwork:
            self.init(.configuration, error.message)
        default:
            self.init(.temporary, "\(error)")
        }
    }
}
