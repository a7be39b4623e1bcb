package import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Resolves host names: one concurrent query per name, however many connections wait for it, and on its own threads, so
/// that a name whose servers do not answer holds up no other.
package final class HostLookup: Sendable {
    /// If more names than this go unanswered at the same time, they hold up others.
    private static let threads = 16

    /// Shared for the life of the process.
    package static let shared = HostLookup()

    private let pool = NIOThreadPool(numberOfThreads: HostLookup.threads)
    private let running = Mutex<[String: EventLoopFuture<[SocketAddress]>]>([:])

    private init() {
        pool.start()
    }

    /// All addresses of the name, in the order of the system's resolver.
    package func addresses(of host: String, port: Int, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]>
    {
        let key = "\(host):\(port)"
        let (answer, isNew) = running.withLock { running in
            if let present = running[key] { return (present, false) }
            let answer = pool.runIfActive(eventLoop: eventLoop) { try Self.resolve(host, port) }
            running[key] = answer
            return (answer, true)
        }
        if isNew { answer.whenComplete { _ in self.running.withLock { $0[key] = nil } } }
        return answer.hop(to: eventLoop)
    }

    private static func failure(_ host: String, _ code: Int32) -> any Error {
        let number = code == EAI_MEMORY ? ENOMEM : OwnShortage.ofDescriptors
        return number.map { IOError(errnoCode: $0, reason: "look up \(host)") } ?? LookupError(host: host, code: code)
    }

    private static func resolve(_ host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw failure(host, code) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            switch entry.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: host))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: host))
                }
            default: continue
            }
        }
        return addresses
    }
}

/// The resolver knows no address for a name.
struct LookupError: Error, CustomStringConvertible {
    let host: String
    /// Error code of getaddrinfo.
    let code: Int32

    var description: String { "\(host): \(String(cString: gai_strerror(code)))" }
}
