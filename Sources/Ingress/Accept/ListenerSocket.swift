#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif
internal import Mail
internal import NIOCore
internal import Synchronization

/// An open socket, and the listener that its next session is for.
final class ListenerSocket: Sendable {
    /// What tells the sockets of one relay apart: the address in relay.conf.
    struct Key: Hashable, Sendable {
        let host: String
        let port: Int
        /// Among sockets with the same address, which only port 0 allows.
        let number: Int

        /// The keys of listeners, in their order.
        static func all(_ listeners: [ListenerSettings]) -> [Key] {
            var counts: [String: Int] = [:]
            return listeners.map { listener in
                let count = counts["\(listener.host) \(listener.port)", default: 0]
                counts["\(listener.host) \(listener.port)"] = count + 1
                return Key(host: listener.host, port: listener.port, number: count)
            }
        }
    }

    private struct State {
        var listener: Listener
        var channel: (any Channel)?
        /// Whether a service manager, which has opened the socket, goes on using it.
        var isInherited = false
    }

    let key: Key
    private let current: Mutex<State>

    init(_ key: Key, _ listener: Listener) {
        self.key = key
        current = Mutex(State(listener: listener))
    }

    var listener: Listener { current.withLock { $0.listener } }
    /// nil before it is bound.
    var channel: (any Channel)? { current.withLock { $0.channel } }
    /// With the port that the system chose.
    var address: SocketAddress? { channel?.localAddress }

    func bound(_ channel: any Channel, isInherited: Bool = false) {
        current.withLock { ($0.channel, $0.isInherited) = (channel, isInherited) }
    }

    /// Accepts connections from now on; before that they wait in the system's queue.
    func open() {
        channel?.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    /// Later sessions are for this listener; those that there are stay as they are.
    func replace(_ listener: Listener) async {
        current.withLock { $0.listener = listener }
        let settings = listener.settings
        listener.admission.replace(limitPerClient: settings.maxConnectionsPerClient)
        guard let channel else { return }
        try? await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: AcceptGate.self).replace(limit: settings.maxConnections)
        }.get()
    }

    /// Closes the socket; its sessions stay. Nobody is connected to it any more, not even while a program that is being
    /// started has a copy.
    func close() async {
        let (channel, isInherited) = current.withLock { ($0.channel, $0.isInherited) }
        guard let channel else { return }
        try? await channel.eventLoop.flatSubmit {
            if !isInherited { Self.shutDown(channel) }
            return channel.close()
        }.get()
    }

    private static func shutDown(_ channel: any Channel) {
        try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            _ = shutdown($0, CInt(SHUT_RD))
        }
    }

    /// SO_REUSEPORT.
    static let sharing = ChannelOptions.Types.SocketOption(level: .socket, name: .init(rawValue: SO_REUSEPORT))

    /// Whether another socket cannot be bound while this one is open, unless both share the port.
    func overlaps(_ other: Key) -> Bool {
        guard key.port == other.port, key.port != 0, let own = IPAddress(key.host), let address = IPAddress(other.host)
        else { return false }
        return own.isIPv4 == address.isIPv4 && (own.isUnspecified || address.isUnspecified)
    }

    /// Lets another socket of this process be bound to a part of the address, or to more than it; or no longer.
    func share(_ isShared: Bool) async {
        try? await channel?.setOption(Self.sharing, value: isShared ? 1 : 0).get()
    }
}
