#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
internal import NIOCore

/// Why a listener could not be opened.
package struct IngressError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Another process listens there.
        package static let addressInUse = Code(rawValue: "address_in_use")
        /// The port is below 1024 and the process may not use it.
        package static let permission = Code(rawValue: "permission")
        /// The text is no IP address, or none of this machine's.
        package static let badAddress = Code(rawValue: "bad_address")
        /// An entry of `allow` is no network.
        package static let badNetwork = Code(rawValue: "bad_network")
        /// A certificate or a key cannot be used.
        package static let badCertificate = Code(rawValue: "bad_certificate")
        /// Anything else the system says.
        package static let system = Code(rawValue: "system")
    }

    package let code: Code
    /// A sentence for the operator, with the address.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension IngressError {
    /// What the system said when a listener was bound.
    init(binding address: String, _ error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            self.init(.addressInUse, "listener \(address): another process listens there")
        case EACCES, EPERM:
            self.init(.permission, "listener \(address): no permission; ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            self.init(.badAddress, "listener \(address): this machine has no such address")
        default:
            self.init(.system, "listener \(address): \(error)")
        }
    }

    /// What the system says about an error of its own.
    static func reason(_ code: CInt) -> String {
        String(cString: strerror(code))
    }

    /// A client has gone before its connection was taken.
    static let connectionAborted = ECONNABORTED
}
