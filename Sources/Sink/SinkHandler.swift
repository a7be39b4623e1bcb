internal import NIOCore
internal import TLS

/// Connects a channel to its session: lines and content in, collected replies out, with one write per read.
final class SinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Event {
        case connected
        case greetingDue
        case handshakeBegan
        case command(ClientCommand)
        case response(String)
        case contentBegan
        /// By a final dot or a last chunk.
        case contentEnded
        /// By any other chunk.
        case chunkEnded
        case lineTooLong
    }

    enum Mode {
        /// Handles events one after another.
        case running
        /// Waits for a delay to pass, then handles the pending event.
        case delayed(Event)
        /// Handles no more events; input is discarded.
        case finished
    }

    /// Larger than the longest response of a login (RFC 4954 section 4).
    static let maxLineLength = 12_288

    let core: SinkCore
    var session: SinkSession
    var scanner: ContentScanner
    var mode = Mode.running
    var input = ByteBuffer()
    var output = ByteBuffer()
    var closing = false
    var contentHasBegun = false
    var pipelinedUnasked = 0
    var behindSTARTTLS = 0
    var isShakingHands = false
    var mayBeComplete = false
    /// Nil if content is read at full speed.
    var pace: Pace?

    init(_ core: SinkCore) {
        self.core = core
        session = SinkSession(core.offers)
        scanner = ContentScanner(keepLimit: core.keepLimit)
    }

    func channelActive(context: ChannelHandlerContext) {
        session.client = context.channel.remoteAddress?.ipAddress
        if core.connectionOpened() {
            meet(.connected, context)
            run(context)
        } else {
            act(.replyThenClose(.tooManyConnections), context)
        }
        flush(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        mode = .finished
        var violations = scanner.violations
        violations.badCommands = session.badCommands
        violations.pipelinedUnasked = pipelinedUnasked
        violations.behindSTARTTLS = behindSTARTTLS
        core.connectionClosed(violations)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .finished = mode { return }
        var data = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = data } else { input.writeBuffer(&data) }
        run(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let handshake = event as? TLSHandshakeCompleted else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isShakingHands = false
        core.note(.secured(isResumed: handshake.details.isResumed))
        session.secured(handshake.details)
        if core.offers.tls == .implicit { meet(.greetingDue, context) }
        run(context)
        flush(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isShakingHands { core.note(.handshakeFailed) }
        isShakingHands = false
        context.close(promise: nil)
    }

    func run(_ context: ChannelHandlerContext) {
        while case .running = mode, let event = nextEvent() { meet(event, context) }
    }
}
