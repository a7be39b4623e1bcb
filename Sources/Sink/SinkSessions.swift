internal import NIOCore
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The sessions that a fault may reset.
final class SinkSessions: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let identifier = ObjectIdentifier(channel)
        channels.withLock { $0[identifier] = channel }
        channel.closeFuture.whenComplete { _ in self.channels.withLock { $0[identifier] = nil } }
    }

    func reset() {
        for channel in channels.withLock({ Array($0.values) }) {
            guard let socket = channel as? any SocketOptionProvider else { continue }
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
