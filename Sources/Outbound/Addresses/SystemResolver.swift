internal import Glibc
package import Mail
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// The system's resolver, on threads of its own: names of receivers that nobody answers for must not hold up those of
/// upstreams.
package final class SystemResolver: NameResolver {
    private static let threads = 4

    /// Shared for the life of the process.
    package static let shared = SystemResolver()

    private let pool = NIOThreadPool(numberOfThreads: SystemResolver.threads)
    /// One query per name at a time, however many requests wait for it.
    private let running = Mutex<[String: EventLoopFuture<[IPAddress]>]>([:])

    private init() {
        pool.start()
    }

    package func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        if let address = IPAddress(host) { return eventLoop.makeSucceededFuture([address]) }
        let (answer, isNew) = running.withLock { running in
            if let present = running[host] { return (present, false) }
            let answer = pool.runIfActive(eventLoop: eventLoop) { try Self.resolve(host) }
            running[host] = answer
            return (answer, true)
        }
        if isNew { answer.whenComplete { _ in self.running.withLock { $0[host] = nil } } }
        return answer.hop(to: eventLoop)
    }

    private static func resolve(_ host: String) throws(WebError) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw WebError(.resolve, "\(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
            .compactMap { $0?.pointee.ai_addr.flatMap(address) }
    }

    private static func address(_ address: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                IPAddress(ipv4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) {
                    IPAddress(value: $0.reduce(0) { $0 << 8 | UInt128($1) })
                }
            }
        default: nil
        }
    }
}
