#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
internal import NIOCore

/// Listening sockets passed by a service manager (`sd_listen_fds(3)`): descriptors from 3 on, counted by `LISTEN_FDS`,
/// named by `LISTEN_FDNAMES`, for the process `LISTEN_PID` only.
package struct InheritedSockets: Sendable {
    /// A socket that was passed.
    struct Entry: Hashable, Sendable {
        let descriptor: CInt
        let name: String
    }

    private static let firstDescriptor: CInt = 3
    private static let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

    /// Listening sockets, by bound address.
    private var sockets: [SocketAddress: Entry] = [:]
    /// Those that a listener has had.
    private var taken: [SocketAddress: Entry] = [:]
    /// Unusable sockets, and why.
    private(set) var ignored: [(name: String, reason: String)] = []

    /// None.
    package init() {}

    /// Takes the sockets described in the environment and removes the variables, so that no child process believes they
    /// are for it. Call once, before threads exist.
    package static func takeFromEnvironment() -> InheritedSockets {
        var environment: [String: String] = [:]
        for name in names {
            environment[name] = getenv(name).map { String(cString: $0) }
            unsetenv(name)
        }
        return InheritedSockets(entries(environment, process: getpid()))
    }

    /// Parses the variables; empty if they are for another process or make no sense.
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
                ignored.append((entry.name, "it is not bound to an IP address, or to the same one as another socket"))
            }
        }
    }

    /// A descriptor of the socket listening at this address, for its new owner. The socket stays open besides: as long as
    /// the service manager has it, nobody can bind another one there, should a listener come back.
    mutating func take(_ address: SocketAddress) -> CInt? {
        if let entry = sockets.removeValue(forKey: address) { taken[address] = entry }
        return taken[address].map { fcntl($0.descriptor, F_DUPFD_CLOEXEC, Self.firstDescriptor) }
    }

    /// Closes sockets that no listener has taken, and returns all unused ones with the reasons.
    mutating func closeRest() -> [(name: String, reason: String)] {
        let rest = sockets.sorted { $0.value.descriptor < $1.value.descriptor }
        sockets = [:]
        for (_, entry) in rest { close(entry.descriptor) }
        return ignored + rest.map { ($1.name, "no [[listener]] has the address \(IngressServer.text(of: $0))") }
    }

    private static func fault(of descriptor: CInt) -> String? {
        guard let type = option(SO_TYPE, of: descriptor) else { return "it is not a socket" }
        guard type == CInt(SOCK_STREAM.rawValue) else { return "it is not a stream socket" }
        return option(SO_ACCEPTCONN, of: descriptor) == 1 ? nil : "it is not listening"
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}
