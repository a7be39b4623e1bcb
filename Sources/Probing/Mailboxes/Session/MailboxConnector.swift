internal import Delivery
package import NIOCore
internal import NIOPosix

/// Connects to servers of mailboxes; tests have their own.
package protocol MailboxConnector: Sendable {
    /// Connects to one of the host's addresses, whichever answers first in their order.
    ///
    /// - Returns: a channel without handlers, which reads nothing until `autoRead` is set; or a future that fails with a
    ///   ``MailboxConnectError``.
    func connect(to host: String, port: UInt16, on eventLoop: any EventLoop) -> EventLoopFuture<any Channel>
}

/// Why there is no connection, for people.
package struct MailboxConnectError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// TCP.
package struct TCPMailboxConnector: MailboxConnector {
    /// Addresses that are tried, and the time that each has.
    private static let (most, patience) = (6, TimeAmount.seconds(10))

    package init() {}

    package func connect(
        to host: String, port: UInt16, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        HostLookup.shared.addresses(of: host, port: Int(port), on: eventLoop)
            .flatMapErrorThrowing { throw MailboxConnectError("\($0)") }
            .flatMap { Self.connect(to: Array($0.prefix(Self.most)), of: host, on: eventLoop, last: nil) }
    }

    private static func connect(
        to addresses: [SocketAddress], of host: String, on eventLoop: any EventLoop, last: MailboxConnectError?
    ) -> EventLoopFuture<any Channel> {
        guard let address = addresses.first else {
            return eventLoop.makeFailedFuture(last ?? MailboxConnectError("the name has no address"))
        }
        return ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.autoRead, value: false)
            .connectTimeout(patience)
            .connect(to: address)
            .flatMapError { error in
                // Whoever tells of it names the host.
                let place = address.shortText == host ? "" : "\(address.shortText): "
                let failure = MailboxConnectError(place + ConnectError.sentence(for: error))
                return connect(to: Array(addresses.dropFirst()), of: host, on: eventLoop, last: failure)
            }
    }
}

extension SocketAddress {
    /// The address without what the resolver was asked for.
    fileprivate var shortText: String { ipAddress ?? "\(self)" }
}
