internal import FoundationEssentials
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The mailboxes of a sink, and the socket where they are read.
final class MailboxHost: Sendable {
    private static let maxSessions = 256

    let name: String
    private let passwordFile: String?
    private let store: Mutex<MailStore>
    /// The sessions that are told of changes.
    private let idle = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let sessions = Mutex(0)
    private let listener = Mutex<(any Channel)?>(nil)

    /// - Parameter now: UIDVALIDITY, in seconds.
    init(name: String, passwordFile: String? = nil, now: Timestamp) {
        (self.name, self.passwordFile) = (name, passwordFile)
        store = Mutex(MailStore(validity: UInt32(clamping: max(1, now.milliseconds / 1000))))
    }

    /// Read for each login, so that it can change.
    var password: MailboxPassword {
        guard let passwordFile else { return .any }
        guard let content = try? Data(contentsOf: URL(fileURLWithPath: passwordFile)) else { return .unreadable }
        return .exactly(Array(content.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }))
    }

    func read<Result: Sendable>(_ body: (borrowing MailStore) -> Result) -> Result { store.withLock { body($0) } }

    func change<Result: Sendable>(_ body: (inout MailStore) -> Result) -> Result { store.withLock { body(&$0) } }

    func deliver(_ content: [UInt8], to recipients: [String], at date: Timestamp) {
        store.withLock { store in
            for recipient in recipients { store.deliver(content, to: recipient, at: date) }
        }
        for channel in idle.withLock({ Array($0.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(MailboxChanged())
        }
    }

    func watch(_ channel: any Channel) { idle.withLock { $0[ObjectIdentifier(channel)] = channel } }

    func unwatch(_ channel: any Channel) { idle.withLock { $0[ObjectIdentifier(channel)] = nil } }

    // MARK: - Socket

    /// - Throws: `SinkError` if it cannot listen there.
    func listen(_ host: String, _ port: Int, _ group: MultiThreadedEventLoopGroup) async throws -> SocketAddress {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { self.begin($0) }
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            listener.withLock { $0 = channel }
            return try channel.localAddress ?? SocketAddress(ipAddress: host, port: port)
        } catch {
            throw SinkError(listening: host, port, error)
        }
    }

    func end() { listener.withLock { $0 }?.close(promise: nil) }

    private func begin(_ channel: any Channel) -> EventLoopFuture<Void> {
        let hasRoom = sessions.withLock { count in
            count += 1
            return count <= Self.maxSessions
        }
        channel.closeFuture.whenComplete { _ in self.sessions.withLock { $0 -= 1 } }
        return channel.eventLoop.makeCompletedFuture {
            guard hasRoom else { throw ChannelError.operationUnsupported }
            try channel.pipeline.syncOperations.addHandler(IMAPHandler(self))
        }
    }
}
