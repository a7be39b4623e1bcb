internal import Mail
internal import NIOCore

/// Ends a connection whose answer exceeds what anybody would read: an endless head, or interim answers without end.
///
/// The body cannot: the exchange is over before it has read that much.
final class AnswerGauge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Octets of head and body together.
    static let limit = 65_536

    private var octets = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        octets += unwrapInboundIn(data).readableBytes
        // Passed on first: the answer may end in it.
        context.fireChannelRead(data)
        guard octets > Self.limit else { return }
        context.fireErrorCaught(WebError(.tooLong, "the answer's head exceeds \(Self.limit) octets"))
        context.close(promise: nil)
    }
}
