internal import Admin
internal import Ingress
internal import Spool

/// Why the relay did not start, or ended by itself.
package struct RelayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether the configuration is at fault; otherwise trying again may help.
    package let isConfiguration: Bool
    /// A sentence for the operator.
    package let message: String

    init(_ error: any Error) {
        switch error {
        case let error as IngressError:
            isConfiguration = error.code == .badAddress || error.code == .badNetwork
            message = error.message
        case let error as SpoolError:
            isConfiguration = false
            message = error.message
        case let error as AdminError:
            isConfiguration = false
            message = error.message
        default:
            isConfiguration = false
            message = "\(error)"
        }
    }

    package var description: String { message }
}
