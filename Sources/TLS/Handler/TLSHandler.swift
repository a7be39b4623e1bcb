package import NIOCore

/// Speaks TLS below the handlers that follow it: plaintext there, ciphertext towards the channel.
///
/// Insert it before the channel is active or later, on an active one (STARTTLS, RFC 3207); what had been read before must not be
/// passed to it. `channelActive` goes on at once. What is written before the handshake is over waits for it, up to a limit. When
/// it is over, ``TLSHandshakeCompleted`` is fired inbound. Trouble is told by one `errorCaught` with a ``TLSError``, and the channel
/// is closed then. Closing the channel says so to the peer first (RFC 8446 section 6.1) and waits for its answer for a while.
/// The peer's end is a half-close if the channel allows that, else the channel is closed.
///
/// Confined to its event loop. One handler is for one channel. Removing it from an active channel ends TLS without a word to the peer.
package final class TLSHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How far the connection is.
    enum Phase {
        /// The channel is not active yet. Then: `handshaking`.
        case idle
        /// The peers agree on keys; writes wait. Then: `open`, or `closed` after an error.
        case handshaking
        /// Both may send.
        case open
        /// The peer has said that it sends no more, and may be sent to. Then: `closing`.
        case inputClosed
        /// We have said so, and may still receive. Then: `closed` when the peer says the same.
        case outputClosed
        /// Both directions are to end: our closing alert is on its way, the peer's may be missing. Then: `closed`.
        case closing
        /// Nothing goes through any more.
        case closed
    }

    enum Side {
        case server(TLSServerContext)
        case client(TLSClientContext, serverName: String)
    }

    /// Plaintext that is kept while the handshake goes on; more is an error.
    static let handshakeWriteLimit = 1 << 20
    /// Plaintext that is kept until it is flushed; more is encrypted at once, so that the channel's writability tells of it.
    static let unflushedLimit = 64 << 10
    /// Octets of answers to the peer that it does not take; more stops the reading.
    static let answerLimit = 16 << 10
    /// How long the peer may take to answer the closing alert.
    static let shutdownTimeout = TimeAmount.seconds(5)

    let side: Side
    let handshakeTimeout: TimeAmount
    var phase = Phase.idle
    var connection: TLSConnection?
    var writes = PendingWrites()
    var timer: Scheduled<Void>?
    var closing = Closing()
    /// Octets of answers since the channel was writable last.
    var answered = 0
    var heldRead = false
    /// Whether the last reading came to anything.
    var delivered = false

    /// The server's side.
    package convenience init(server: TLSServerContext, handshakeTimeout: TimeAmount = .seconds(30)) {
        self.init(.server(server), handshakeTimeout)
    }

    /// The client's side.
    ///
    /// - Parameter serverName: host name (an A-label) or IP address that the certificate must be for, if the context verifies. A name
    ///   is also sent, so that the server can choose its certificate (RFC 6066 section 3).
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
        // Whoever hears of it may write and close at once, and both must wait for the handshake.
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
        // Whoever asked for something to read has not got anything yet.
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
