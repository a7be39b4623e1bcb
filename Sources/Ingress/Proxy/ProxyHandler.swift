internal import Mail
internal import NIOCore

/// Consumes the PROXY header of a connection before any other handler sees data; then the connection begins, with the
/// address in the header. Nothing is ever taken as SMTP before the header.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let session: SessionHandler
    private let timeout: TimeAmount
    private let events: @Sendable (IngressEvent) -> Void
    private var received = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isRefused = false

    init(session: SessionHandler, timeout: Duration, events: @escaping @Sendable (IngressEvent) -> Void) {
        self.session = session
        self.timeout = TimeAmount(timeout)
        self.events = events
    }

    /// Later handlers learn of the connection once the header has arrived.
    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.refuse("no PROXY header in time", context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        received.writeImmutableBuffer(unwrapInboundIn(data))
        switch received.withUnsafeReadableBytes(ProxyHeader.read) {
        case .incomplete: break
        case .header(let header): begin(header, context)
        case .malformed(let reason): refuse(reason, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    private func begin(_ header: ProxyHeader, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        received.moveReaderIndex(forwardBy: header.length)
        session.presentedAddress = header.source
        session.isClientUnknown = header.isClientUnknown
        context.fireChannelActive()
        if received.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(received))
            context.fireChannelReadComplete()
        }
        received = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        guard !isRefused else { return }
        isRefused = true
        events(.proxyRefused(peer: context.remoteAddress?.ipAddress ?? "", reason: reason))
        context.close(promise: nil)
    }
}
