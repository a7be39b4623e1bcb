internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Describes in one line why a connection failed.
package enum ConnectError {
    /// Whether the other side has refused the connection.
    static func isRefusal(_ error: any Error) -> Bool { (error as? IOError)?.errnoCode == ECONNREFUSED }

    package static func sentence(for error: any Error) -> String {
        switch error {
        case let error as IOError:
            String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let amount):
            "no connection within \(amount.nanoseconds / 1_000_000) ms"
        default:
            "\(error)"
        }
    }
}
