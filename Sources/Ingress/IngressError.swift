#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
package import Mail
internal import NIOCore

/// Why a listener could not be opened.
package typealias IngressError = CodedError<IngressDomain>

/// The domain of ``IngressError``.
package enum IngressDomain {}

extension IngressError.Code {
    /// Another process is listening there.
    package static var addressInUse: Self { Self(rawValue: "address_in_use") }
    /// The port is below 1024 and the process lacks the permission.
    package static var permission: Self { Self(rawValue: "permission") }
    /// The text is not an IP address, or not one of this machine's.
    package static var badAddress: Self { Self(rawValue: "bad_address") }
    /// An entry of `allow` is not a network.
    package static var badNetwork: Self { Self(rawValue: "bad_network") }
    /// A certificate or a key is unusable.
    package static var badCertificate: Self { Self(rawValue: "bad_certificate") }
    /// Any other system error.
    package static var system: Self { Self(rawValue: "system") }
}

extension IngressError {
    /// The beginning of a message about the listener at this address.
    private static func subject(_ address: String) -> String { "listener \(address): " }

    /// Whether the listener of these settings could not be bound.
    package func isAbout(_ listener: ListenerSettings) -> Bool {
        guard let address = try? SocketAddress(ipAddress: listener.host, port: listener.port) else { return false }
        return message.hasPrefix(Self.subject(IngressServer.text(of: address)))
    }

    /// The system error when a listener was bound.
    init(binding address: String, _ error: any Error) {
        let subject = Self.subject(address)
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            self.init(.addressInUse, "\(subject)another process is listening there")
        case EACCES, EPERM:
            self.init(.permission, "\(subject)no permission; ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            self.init(.badAddress, "\(subject)this machine has no such address")
        default:
            self.init(.system, "\(subject)\(error)")
        }
    }

    /// The system's description of an error code.
    static func reason(_ code: CInt) -> String {
        String(cString: strerror(code))
    }

    /// The client gave up before its connection was accepted.
    static let connectionAborted = ECONNABORTED
}
