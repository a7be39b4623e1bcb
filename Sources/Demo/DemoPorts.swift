import Glibc
import Ingress
import NIOCore

/// Finds loopback ports for the demo.
enum DemoPorts {
    /// `preferred` if nobody listens there, else any free port.
    static func free(preferred: UInt16) -> UInt16? {
        bind(preferred) ?? bind(0)
    }

    /// The port, if it could be bound.
    private static func bind(_ port: UInt16) -> UInt16? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        let isBound = try? SocketAddress(ipAddress: "127.0.0.1", port: Int(port)).withSockAddr { address, size in
            Glibc.bind(descriptor, address, socklen_t(size)) == 0 && listen(descriptor, 1) == 0
        }
        guard isBound == true else { return nil }
        return SocketAddress(boundTo: descriptor)?.port.flatMap { UInt16(exactly: $0) }
    }
}
