internal import DequeModule
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Brings mail to the sink that has the mailboxes, over one connection, in order; while nobody is there it waits.
final class SinkCourier: Sendable {
    private struct Item {
        let mail: DeliveredMail
        let isDone: @Sendable () -> Void
    }

    private struct Shared {
        var items: Deque<Item> = []
        var connection = Connection.none
        /// Whether somebody has been told that nobody is there.
        var isTold = false
    }

    /// | state | goes to |
    /// |---|---|
    /// | `none` | `coming` with the first message |
    /// | `coming` | `open`; `none` after ``pause`` if that fails |
    /// | `open` | `none` when it is closed |
    /// | `ended` | |
    private enum Connection {
        case none
        case coming
        case open(any Channel)
        case ended
    }

    /// Until the next connection after one that failed.
    private static let pause = TimeAmount.milliseconds(500)

    let name: String
    private let host: String
    private let port: Int
    private let loop: any EventLoop
    private let shared = Mutex(Shared())

    init(host: String, port: Int, name: String, loop: any EventLoop) {
        (self.host, self.port, self.name, self.loop) = (host, port, name, loop)
    }

    /// - Parameter isDone: called once the message has arrived, or never will.
    func add(_ mail: DeliveredMail, _ isDone: @escaping @Sendable () -> Void) {
        let connection = shared.withLock { shared in
            shared.items.append(Item(mail: mail, isDone: isDone))
            return shared.connection
        }
        switch connection {
        case .none: connect()
        case .open(let channel): channel.pipeline.fireUserInboundEventTriggered(MailWaits())
        case .coming, .ended: break
        }
    }

    /// The first message that has not arrived; nil for none.
    var first: DeliveredMail? { shared.withLock { $0.items.first?.mail } }

    /// The first message is over with.
    ///
    /// - Parameter trouble: why it will never arrive; nil if it has.
    func finishFirst(_ trouble: String?) {
        if let trouble { SinkJournal.complain("\(host):\(port) refuses a message: \(trouble)") }
        shared.withLock { $0.items.popFirst() }?.isDone()
    }

    func end() {
        let connection = shared.withLock { shared in
            defer { shared.connection = .ended }
            return shared.connection
        }
        if case .open(let channel) = connection { channel.close(promise: nil) }
    }

    // MARK: - Connection

    private func connect() {
        let isMine = shared.withLock { shared in
            guard case .none = shared.connection, !shared.items.isEmpty else { return false }
            shared.connection = .coming
            return true
        }
        guard isMine else { return }
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CourierHandler(self))
                }
            }
            .connect(host: host, port: port)
            .whenComplete { self.connected($0) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        guard let channel = try? result.get() else {
            tell()
            return closed()
        }
        let isWanted = shared.withLock { shared in
            guard case .coming = shared.connection else { return false }
            shared.connection = .open(channel)
            shared.isTold = false
            return true
        }
        if isWanted { channel.closeFuture.whenComplete { _ in self.closed() } } else { channel.close(promise: nil) }
    }

    private func tell() {
        let isNews = shared.withLock { shared in
            defer { shared.isTold = true }
            return !shared.isTold
        }
        if isNews { SinkJournal.complain("nobody takes mail for mailboxes at \(host):\(port): it waits") }
    }

    private func closed() {
        let isWanted = shared.withLock { shared in
            if case .ended = shared.connection { return false }
            shared.connection = .none
            return true
        }
        if isWanted { loop.scheduleTask(in: Self.pause) { self.connect() } }
    }
}

/// There is a message, for a session that may have none.
struct MailWaits: Sendable {}

/// Connects a channel to its courier's session.
final class CourierHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let maxLine = 4096

    private let courier: SinkCourier
    private var session: CourierSession
    private var line: [UInt8] = []

    init(_ courier: SinkCourier) {
        self.courier = courier
        session = CourierSession(name: courier.name)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for octet in unwrapInboundIn(data).readableBytesView {
            if octet != 10 {
                line.append(octet)
                if line.count > Self.maxLine { return context.close(promise: nil) }
                continue
            }
            let text = String(decoding: line.last == 13 ? line.dropLast() : line[...], as: UTF8.self)
            line.removeAll(keepingCapacity: true)
            act(session.received(text, courier.first), context)
        }
        beginNext(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is MailWaits else { return context.fireUserInboundEventTriggered(event) }
        beginNext(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func beginNext(_ context: ChannelHandlerContext) {
        guard session.isReady, let mail = courier.first else { return }
        act(session.begin(mail), context)
    }

    private func act(_ action: CourierSession.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let octets): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
        case .delivered: courier.finishFirst(nil)
        case .refused(let reply):
            courier.finishFirst(reply)
            context.close(promise: nil)
        case .fail: context.close(promise: nil)
        case .wait: break
        }
    }
}
