package import NIOCore

/// TLS for the handlers after it: plaintext on their side, ciphertext towards the channel.
///
/// Insert it before the channel is active, or later on an active one (STARTTLS, RFC 3207); data read earlier must not
/// be passed to it. `channelActive` is passed on at once. Writes wait for the end of the handshake, up to a limit; then
/// ``TLSHandshakeCompleted`` is fired inbound. An error is reported once through `errorCaught` with a ``TLSError``,
/// after which the channel is closed. Closing the channel first sends a closing alert to the peer (RFC 8446 section
/// 6.1) and waits a while for the answer. The peer's end is a half-close if the channel allows it; otherwise the
/// channel is closed.
///
/// Confined to its event loop. One handler per channel. Removing it from an active channel ends TLS without telling the
/// peer.
package final class TLSHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// State of the connection.
    enum Phase {
        /// The channel is not active yet. Next: `handshaking`.
        case idle
        /// Keys are being negotiated; writes wait. Next: `open`, or `closed` after an error.
        case handshaking
        /// Both may send.
        case open
        /// The peer sends no more, but still receives. Next: `closing`.
        case inputClosed
        /// We send no more, but still receive. Next: `closed` once the peer is done too.
        case outputClosed
        /// Both directions are ending: our closing alert is on its way, the peer's may be outstanding. Next: `closed`.
        case closing
        /// Nothing goes through any more.
        case closed
    }

    enum Side {
        case server(TLSServerContext)
        case client(TLSClientContext, serverName: String)
    }

    /// Maximum plaintext buffered during the handshake; more is an error.
    static let handshakeWriteLimit = 1 << 20
    /// Maximum plaintext buffered until a flush; more is encrypted at once, so that the channel's writability reflects
    /// it.
    static let unflushedLimit = 64 << 10
    /// Maximum octets of library output that the peer does not read; beyond that, reading stops.
    static let answerLimit = 16 << 10
    /// Time for the peer to answer the closing alert.
    static let shutdownTimeout = TimeAmount.seconds(5)

    let side: Side
    let handshakeTimeout: TimeAmount
    var phase = Phase.idle
    var connection: TLSConnection?
    var writes = PendingWrites()
    var timer: Scheduled<Void>?
    var closing = Closing()
    /// Octets of library output since the channel was last writable.
    var answered = 0
    var heldRead = false
    /// Whether the last read delivered anything.
    var delivered = false

    /// The server side.
    package convenience init(server: TLSServerContext, handshakeTimeout: TimeAmount = .seconds(30)) {
        self.init(.server(server), handshakeTimeout)
    }

    /// The client side.
    ///
    /// - Parameter serverName: host name (an A-label) or IP address expected in the certificate, if the context
    ///   verifies. A name is also sent, so that the server can choose its certificate (RFC 6066 section 3).
    package convenience init(
        client: TLSClientContext, serverName: String, handshakeTimeout: TimeAmount = .seconds(30)
    ) {
        self.init(.client(client, serverName: serverName), handshakeTimeout)
    }

    private init(_ side: Side, _ handshakeTimeout: TimeAmount) {
        self.side = side
        self.handshakeTimeout = handshakeTimeout
    }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let error = prepare(context)
        start(context, error)
    }

    package func channelActive(context: ChannelHandlerContext) {
        // Handlers after us may write and close at once, and both must wait for the handshake.
        let error = prepare(context)
        context.fireChannelActive()
        start(context, error)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let connection else { return }
        connection.receive(unwrapInboundIn(data))
        proceed(context)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // The read request has not been satisfied yet.
        if !delivered { read(context: context) }
        delivered = false
    }

    package func read(context: ChannelHandlerContext) {
        if answered > Self.answerLimit, !context.channel.isWritable { heldRead = true } else { context.read() }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            answered = 0
            if heldRead {
                heldRead = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        inputEnded(context, channelIsActive: false)
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        inputEnded(context, channelIsActive: true)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        end(.failure(ChannelError.ioOnClosedChannel))
    }
}
