internal import Dialogue
internal import Mail
internal import NIOCore
internal import SASL
internal import SMTP
internal import Spool
internal import TLS

/// Runs one server session on its channel; the only part of ingress that reads, writes and closes a connection.
///
/// Confined to its event loop. Replies are collected in one buffer and flushed once per read or per commit.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// State of the connection.
    enum Life {
        /// The session is running.
        case open
        /// The last reply is on its way; further input is dropped. Lasts until the peer closes, or a short deadline.
        case closing
        case closed
    }

    /// Maximum octets of content that have not reached the spool's file; beyond that, reading stops.
    static let unacknowledgedLimit = 512 << 10
    /// Maximum octets of commands buffered while the session waits; beyond that, reading stops.
    static let waitingLimit = 64 << 10

    let loop: IngressLoop
    let listener: Listener
    var session: ServerSession
    var message: IncomingMessage
    var life = Life.open
    var context: ChannelHandlerContext?
    var number: UInt64 = 0
    var client: IPAddress?
    /// The address in the PROXY header, in place of the connection's own.
    var presentedAddress: SocketAddress?
    /// Whether a proxy could not name its client: then the address is the proxy's, whose rights the client must not
    /// have.
    var isClientUnknown = false
    /// The limits' record of this session.
    var subject = LimitSubject()
    /// Which of the loop's lists of captured fields ``message`` has.
    var captureGeneration: Int
    /// Whether the session was counted as open.
    var isCounted = false
    var clientText = ""
    /// Name and address of the client, as stored in the spool with a message.
    var origin = ""
    var deadlines = SessionDeadlines()
    var timer: Scheduled<Void>?
    /// The login in progress.
    var login: LoginExchange?
    /// Channel binding for a login; nil in clear text and with TLS 1.2.
    var binding: ChannelBinding?
    /// Priority class of all mail of the logged-in user, if set in relay.conf.
    var userPriority: Priority?
    /// Route of all mail of that user, if set in relay.conf.
    var userRoute: String?
    /// Stream of that user's mail that names none, if set in relay.conf.
    var userStream: String?
    /// As whom that user may send, if set in relay.conf.
    var userSenders: AllowedSenders?
    /// The reply to EHLO, without its end.
    var greeting: ByteBuffer
    /// The message awaiting its commit, for the log.
    var pending: PendingMessage?
    var outbound = ByteBuffer()
    /// Where traces hear what is said.
    var tap: DialogueTap
    /// Octets of ``outbound`` that they have heard.
    var traced = 0
    var inputIsClosed = false
    private var inbound = ByteBuffer()
    private var heldRead = false

    /// Who hands in a message by the API; nil for a client of SMTP.
    let submitter: Submitter?

    init(loop: IngressLoop, listener: Listener, submitter: Submitter? = nil) {
        self.loop = loop
        self.listener = listener
        self.submitter = submitter
        tap = DialogueTap(submitter == nil ? loop.traces : .unused)
        presentedAddress = submitter.flatMap { try? SocketAddress(ipAddress: $0.client.description, port: 0) }
        message = IncomingMessage(capturing: loop.capturedFields)
        captureGeneration = loop.captureGeneration
        let offer: ServerOffer
        (offer, greeting) = listener.offer(to: nil, .clear)
        session = ServerSession(limits: listener.limits, offer: offer)
    }

    /// The client whose rights the session has before a login.
    var namedClient: IPAddress? { isClientUnknown ? nil : client }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard life == .open else { return }
        var bytes = unwrapInboundIn(data)
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
        process(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) { context.read() } else { heldRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, life == .open { process(context) }
        flush(context)
        resumeReading(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSHandshakeCompleted { return tlsEstablished(event.details, context) }
        guard case .some(.inputClosed) = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        inputIsClosed = true
        endIfInputIsDone(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note("\(error)")
        if life == .open, let error = error as? TLSError {
            loop.events(.encryptionFailed(client: clientText, reason: "\(error)"))
        }
        context.close(promise: nil)
    }

    // MARK: Running the session

    func process(_ context: ChannelHandlerContext) {
        var progressed = false
        lookForTraces()
        while life == .open, context.channel.isWritable {
            let heard = tap.feed == nil ? nil : HeardInput(session)
            let step = inbound.withUnsafeReadableBytes { session.advance($0) }
            if let heard { inbound.withUnsafeReadableBytes { trace(step, heard, $0) } }
            if step.action.isContent { take(step) }
            inbound.moveReaderIndex(forwardBy: step.consumed)
            run(step.action, context)
            traceReplies()
            if case .wait = step.action { break }
            progressed = true
        }
        if progressed || session.isReceivingContent { renewDeadline(context) }
        keepRemainder()
        if loop.isStopping { stop() }
        if inputIsClosed { endIfInputIsDone(context) }
    }

    func run(_ action: ServerAction, _ context: ChannelHandlerContext) {
        switch action {
        case .wait, .proceed, .content, .chunk: break
        case .reply(.rateLimited): writeRecipientRefusal(context)
        case .reply(let reply):
            if session.isFirstRefusal(reply) { reportRefusal(reply) }
            write(reply)
        case .greet(let extended): greet(extended)
        case .begin: begin(context)
        case .recipient: decideRecipient()
        case .chunkTaken(let octets): outbound.writeString(ServerReply.chunkTaken(octets))
        case .message: complete(context)
        case .discard(let reply): discard(reply)
        case .close(let reply):
            if reply != .goodbye { report(reply.text, "session ended") }
            close(context, with: reply)
        case .startTLS: startTLS(context)
        case .authenticate: authenticate(context)
        case .authenticationResponse: respond(context)
        case .authenticationEnded(let reply):
            login = nil
            write(reply)
        }
    }

    private func reportRefusal(_ reply: ServerReply) {
        report(reply.text, session.isInTransaction ? "recipient refused" : "MAIL refused")
    }

    private func greet(_ extended: Bool) {
        forgetMessage()
        origin = "\(session.clientName) [\(clientText)]"
        guard extended else { return write(listener.plainGreeting) }
        write(greeting)
        outbound.writeString(session.offer.greetingEnd(at: loop.now()))
    }

    private func discard(_ reply: ServerReply) {
        forgetMessage()
        if reply != .done { report(reply.text, "content refused") }
        write(reply)
    }

    private func take(_ step: ServerStep) {
        let expected = session.declaredSize
        inbound.withUnsafeReadableBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<step.consumed])
            if step.action == .chunk {
                message.takeChunk(part, expected: expected, allocator: ByteBufferAllocator())
            } else {
                message.take(part, expected: expected, allocator: ByteBufferAllocator())
            }
        }
        if message.isPartDue { handOverPart() }
    }

    /// Frees consumed input; a few octets must not pin a whole receive buffer.
    private func keepRemainder() {
        if inbound.readableBytes == 0 || life != .open {
            inbound = ByteBuffer()
        } else if inbound.readableBytes < Self.waitingLimit, inbound.readerIndex > 0 || inbound.capacity > 4096 {
            inbound = ByteBuffer(bytes: inbound.readableBytesView)
        }
    }

    // MARK: Reading

    /// Octets received but not processed.
    var heldOctets: Int { inbound.readableBytes }

    /// Whether more octets are wanted.
    var mayRead: Bool { context.map(mayRead) ?? false }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        switch life {
        case .open:
            message.unacknowledged <= Self.unacknowledgedLimit && inbound.readableBytes < Self.waitingLimit
                && context.channel.isWritable
        case .closing, .closed: true
        }
    }

    func resumeReading(_ context: ChannelHandlerContext) {
        guard heldRead, mayRead(context) else { return }
        heldRead = false
        context.read()
    }

    /// A client that has closed its side still gets the replies to everything it sent, but nothing more is awaited.
    private func endIfInputIsDone(_ context: ChannelHandlerContext) {
        guard inputIsClosed, !session.isWaitingForOwner || life != .open, life != .closed else { return }
        flush(context)
        context.close(promise: nil)
    }

    private func end() {
        guard life != .closed || number != 0 else { return }
        traceEnd()
        life = .closed
        timer?.cancel()
        timer = nil
        login = nil
        forgetMessage()
        inbound = ByteBuffer()
        leaveLimits(context)
        if isCounted { loop.events(.sessionClosed) }
        isCounted = false
        guard number != 0 else { return }
        loop.remove(number)
        number = 0
    }
}

extension ServerAction {
    /// Whether octets of a message have come.
    fileprivate var isContent: Bool {
        switch self {
        case .content, .chunk: true
        case .wait, .proceed, .reply, .greet, .begin, .recipient, .chunkTaken, .message, .discard, .close, .startTLS,
            .authenticate, .authenticationResponse, .authenticationEnded:
            false
        }
    }
}
