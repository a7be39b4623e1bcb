import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Bounds what one connection over TCP may cost: the time of a request, the time that an answer is not read, and what
/// comes in after an early answer. Confined to its event loop.
final class ConnectionWarden: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// From the head of a request to its end.
        var request = TimeAmount.minutes(30)
        /// How long a client may not read what is ready for it.
        var stall = TimeAmount.minutes(10)
        /// How long the rest of a request is dropped after an answer that did not wait for it.
        var linger = TimeAmount.seconds(2)
    }

    private let register: ConnectionRegister
    private let limits: Limits
    private var number: UInt64?
    private var timer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    /// Whether the head of a request has come, and not its end.
    private var isReceiving = false
    private var isAnsweredEarly = false

    init(_ register: ConnectionRegister, limits: Limits = Limits()) {
        self.register = register
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) { number = register.opened(context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isReceiving = true
            arm(limits.request, context)
            if head.headerFields[.expect]?.lowercased() == "100-continue" { goAhead(context) }
        case .body: break
        case .end:
            isReceiving = false
            if let number, !isAnsweredEarly {
                timer?.cancel()
                register.requestReceived(number)
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isReceiving && head.status.kind != .informational:
            isAnsweredEarly = true
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            answered(context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        if !context.channel.isWritable { stallTimer = close(context, in: limits.stall) }
        context.fireChannelWritabilityChanged()
    }

    private func answered(_ context: ChannelHandlerContext) {
        if isAnsweredEarly { return arm(limits.linger, context) }
        if let number { register.answered(number) }
    }

    /// RFC 9110 section 10.1.1: the client waits for this before it sends the body.
    private func goAhead(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = close(context, in: time)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private func leave() {
        timer?.cancel()
        stallTimer?.cancel()
        if let number { register.closed(number) }
        number = nil
    }
}
