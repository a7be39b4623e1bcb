#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
internal import NIOCore

/// Listening sockets that a service manager has opened for us (`sd_listen_fds(3)`): descriptors 3 and on, counted by
/// `LISTEN_FDS`, named by `LISTEN_FDNAMES`, meant for the process `LISTEN_PID` only.
package struct InheritedSockets: Sendable {
    /// One socket that was handed over.
    struct Entry: Hashable, Sendable {
        let descriptor: CInt
        let name: String
    }

    private static let firstDescriptor: CInt = 3
    private static let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

    /// Sockets that listen, by the address they are bound to.
    private var sockets: [SocketAddress: Entry] = [:]
    /// Those that cannot be used, and why.
    private(set) var ignored: [(name: String, reason: String)] = []

    /// None.
    package init() {}

    /// Takes over what the environment tells of, and removes that from the environment, so that no child believes it
    /// is meant. To be called once, before there are threads.
    package static func takeFromEnvironment() -> InheritedSockets {
        var environment: [String: String] = [:]
        for name in names {
            environment[name] = getenv(name).map { String(cString: $0) }
            unsetenv(name)
        }
        return InheritedSockets(entries(environment, process: getpid()))
    }

    /// What the variables say; nothing where they are meant for another process or make no sense.
    static func entries(_ environment: [String: String], process: pid_t) -> [Entry] {
        guard environment["LISTEN_PID"].flatMap(pid_t.init) == process,
            let count = environment["LISTEN_FDS"].flatMap(CInt.init), (1...1024).contains(count)
        else { return [] }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return (0..<count).map { index in
            let name = names.indices.contains(Int(index)) ? String(names[Int(index)]) : "unknown"
            return Entry(descriptor: firstDescriptor + index, name: name)
        }
    }

    init(_ entries: [Entry]) {
        for entry in entries {
            _ = fcntl(entry.descriptor, F_SETFD, FD_CLOEXEC)
            if let reason = Self.fault(of: entry.descriptor) {
                ignored.append((entry.name, reason))
            } else if let address = SocketAddress(boundTo: entry.descriptor), sockets[address] == nil {
                sockets[address] = entry
            } else {
                ignored.append((entry.name, "it is bound to no IP address, or to one that another socket has"))
            }
        }
    }

    /// The socket that listens at this address, which is then the caller's.
    mutating func take(_ address: SocketAddress) -> CInt? {
        sockets.removeValue(forKey: address)?.descriptor
    }

    /// Closes what no listener has taken, and tells of everything that is not used.
    mutating func closeRest() -> [(name: String, reason: String)] {
        let rest = sockets.sorted { $0.value.descriptor < $1.value.descriptor }
        sockets = [:]
        for (_, entry) in rest { close(entry.descriptor) }
        return ignored + rest.map { ($1.name, "no [[listener]] has the address \(IngressServer.text(of: $0))") }
    }

    private static func fault(of descriptor: CInt) -> String? {
        guard let type = option(SO_TYPE, of: descriptor) else { return "it is no socket" }
        guard type == CInt(SOCK_STREAM.rawValue) else { return "it is no stream socket" }
        return option(SO_ACCEPTCONN, of: descriptor) == 1 ? nil : "it does not listen"
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}
