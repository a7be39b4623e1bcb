import Glibc
package import Mail
internal import NIOCore

/// Why the admin interface cannot serve, or will not answer.
package typealias AdminError = CodedError<AdminDomain>

/// The domain of ``AdminError``.
package enum AdminDomain {}

extension AdminError.Code {
    /// The query or the body of a request is invalid.
    package static var badRequest: Self { Self(rawValue: "bad_request") }
    /// The socket cannot be created.
    package static var socket: Self { Self(rawValue: "socket") }
    /// An address of `[admin] http` cannot be opened.
    package static var address: Self { Self(rawValue: "address") }
    /// Not now: the relay starts or stops.
    package static var unavailable: Self { Self(rawValue: "unavailable") }
    /// The certificate of `[admin] http` is unusable.
    package static var certificate: Self { Self(rawValue: "certificate") }
}

extension AdminError {
    /// The system error when an address was opened.
    init(binding address: String, _ error: any Error) {
        let place = "[admin] http \(address)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: self.init(.address, "\(place): another process is listening there")
        case EACCES, EPERM: self.init(.address, "\(place): no permission; ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL, EAFNOSUPPORT: self.init(.address, "\(place): this machine has no such address")
        default: self.init(.address, "\(place): \(error)")
        }
    }
}
