import Glibc

/// A listening socket on a free loopback port, as a service manager would pass it.
struct ListeningSocket {
    let descriptor: CInt
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        // As octets: whether the members of `sockaddr_in` are visible depends on what else the compiler has loaded.
        var address = Self.loopback
        var size = socklen_t(address.count)
        let descriptor = descriptor
        let result = address.withUnsafeMutableBytes { octets in
            octets.withMemoryRebound(to: sockaddr.self) { address in
                bind(descriptor, address.baseAddress, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, address.baseAddress, &size) == 0
            }
        }
        guard result else { throw Failure() }
        port = Int(address[2]) << 8 | Int(address[3])
    }

    /// Family, port 0 and 127.0.0.1 of a `sockaddr_in`.
    private static var loopback: [UInt8] {
        withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) } + [0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
    }

    struct Failure: Error {}
}
