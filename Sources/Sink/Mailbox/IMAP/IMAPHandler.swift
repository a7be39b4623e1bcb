internal import NIOCore

/// Connects a channel to its IMAP session.
final class IMAPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let mailboxes: MailboxHost
    private var session: IMAPSession
    private var isWatching = false
    private var isReading = true

    init(_ mailboxes: MailboxHost) {
        self.mailboxes = mailboxes
        session = IMAPSession(name: mailboxes.name)
    }

    func channelActive(context: ChannelHandlerContext) {
        write(session.greeting, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        mailboxes.unwatch(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !session.isOver else { return }
        session.received(unwrapInboundIn(data).readableBytesView)
        run(context)
    }

    /// A client that reads too slowly is not read from.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        run(context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is MailboxChanged else { return context.fireUserInboundEventTriggered(event) }
        let news = mailboxes.read { session.mailboxChanged($0) }
        if !news.isEmpty { write(news, context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func run(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, let octets = next(context) { write(octets, context) }
        guard context.channel.isWritable != isReading else { return }
        isReading = context.channel.isWritable
        context.channel.setOption(.autoRead, value: isReading).assumeIsolated().whenFailure { _ in }
    }

    private func next(_ context: ChannelHandlerContext) -> [UInt8]? {
        let password = session.isLoggedIn ? MailboxPassword.unreadable : mailboxes.password
        let octets = mailboxes.change { session.next(&$0, password: password) }
        guard session.isIdle != isWatching else { return octets }
        isWatching = session.isIdle
        guard isWatching else {
            mailboxes.unwatch(context.channel)
            return octets
        }
        mailboxes.watch(context.channel)
        // What came before it watched.
        return (octets ?? []) + mailboxes.read { session.mailboxChanged($0) }
    }

    private func write(_ octets: [UInt8], _ context: ChannelHandlerContext) {
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: octets)))
        guard session.isOver else { return }
        let channel = context.channel
        written.whenComplete { _ in channel.close(promise: nil) }
    }
}

/// A mailbox has changed while a session was idle.
struct MailboxChanged: Sendable {}
