#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reports the relay's state to systemd (`sd_notify(3)`): a datagram to the socket named by `NOTIFY_SOCKET`.
struct ServiceManager: Sendable {
    enum State: String, Sendable {
        /// Every listener is open.
        case ready = "READY=1"
        case stopping = "STOPPING=1"
    }

    /// nil if nobody is listening.
    private let path: String?

    /// - Parameter path: of a socket; one that begins with `@` is in the abstract namespace, others with `/`.
    init(path: String?) {
        let isOne = path.map { ($0.hasPrefix("/") || $0.hasPrefix("@")) && $0.utf8.count < Self.maxLength } ?? false
        self.path = isOne ? path : nil
    }

    /// Reads the variable and removes it, so that no child process reports in our name. Call before there are threads.
    static func takeFromEnvironment() -> ServiceManager {
        defer { unsetenv("NOTIFY_SOCKET") }
        return ServiceManager(path: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    private static let maxLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Nothing depends on whether it arrives.
    func notify(_ state: State) {
        guard let path else { return }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // In the abstract namespace the first octet is 0, and the length determines the end of the name.
        let name = path.hasPrefix("@") ? [0] + Array(path.utf8.dropFirst()) : Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let size = MemoryLayout<sockaddr_un>.size - Self.maxLength + name.count
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Array(state.rawValue.utf8).withUnsafeBytes {
                    sendto(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL), address, socklen_t(size))
                }
            }
        }
    }
}
