internal import Mail
internal import NIOCore
internal import NIOHTTP1
internal import TLS

/// Writes the request once the connection is ready, and reports the answer or the error, once.
///
/// Confined to its event loop.
final class WebReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: WebRequest
    private let clock: @Sendable () -> Timestamp
    private var done: ((Result<WebReply, WebError>) -> Void)?
    private var collector: ReplyCollector

    init(
        _ request: WebRequest, bodyLimit: Int, clock: @escaping @Sendable () -> Timestamp,
        done: @escaping (Result<WebReply, WebError>) -> Void
    ) {
        self.request = request
        self.clock = clock
        self.collector = ReplyCollector(limit: bodyLimit)
        self.done = done
    }

    /// Time is over: the answer as far as it came; nil without a head.
    func cut() -> WebReply? { collector.end() }

    func channelActive(context: ChannelHandlerContext) {
        if request.url.scheme == .http { write(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandshakeCompleted { write(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// A failed write means nothing: a server may answer before it has read everything.
    private func write(_ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        if !request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let reply = collector.received(unwrapInboundIn(data), now: clock()) { finish(.success(reply), context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(WebFailure.error(error, at: request.url), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(WebError(.protocol, "\(request.url) closed the connection before its answer was whole"), context)
        context.fireChannelInactive()
    }

    /// An answer whose head has come stands, whatever happens to its body.
    private func end(_ error: WebError, _ context: ChannelHandlerContext) {
        finish(collector.end().map { .success($0) } ?? .failure(error), context)
    }

    private func finish(_ result: Result<WebReply, WebError>, _ context: ChannelHandlerContext) {
        guard let done else { return }
        self.done = nil
        done(result)
        context.close(promise: nil)
    }
}
