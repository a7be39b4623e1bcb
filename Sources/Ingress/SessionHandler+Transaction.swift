internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// The way of a message from MAIL to the reply to its final dot.
extension SessionHandler {
    func begin(_ context: ChannelHandlerContext) {
        if loop.isStopping { return close(context, with: .stopping) }
        let refusal = loop.spool.refusal
        if let refusal { report(Self.reply(to: refusal).text, refusal.message) }
        if refusal == nil, let hit = refusalByLimits(context) {
            _ = session.begin(refusal: .rateLimited)
            return write(text: hit.reply)
        }
        write(session.begin(refusal: refusal.map(Self.reply)))
        deadlines.transaction = context.eventLoop.now + .init(listener.settings.transactionTimeout)
    }

    /// Hands what is held to the spool, which acknowledges it when it has reached the file.
    func handOverPart() {
        let stream = message.stream ?? loop.openStream(for: number)
        message.stream = stream
        let part = message.takePart()
        message.unacknowledged += part.readableBytes
        loop.append(part, to: stream)
    }

    func complete(_ context: ChannelHandlerContext) {
        if let failure = message.failure { return refuse(Self.reply(to: failure), failure.message) }
        guard message.scanner.receivedFields < Self.maxHops else {
            return refuse(.tooManyHops, "\(message.scanner.receivedFields) Received fields")
        }
        chargeLimits(context)
        submit()
    }

    private func submit() {
        let moment = loop.now()
        let id = loop.spool.makeQueueID(at: moment)
        let header = relayHeader(id: id.description, at: moment)
        let fields = header.write(for: message.scanner, allocator: ByteBufferAllocator())
        let messageID = message.scanner.hasMessageID ? message.scanner.messageID : header.messageID
        let size = fields.readableBytes + session.contentSize
        let spooled = SpooledMessage(
            id: id, receivedAt: moment, sender: session.envelope.sender, body: session.envelope.body,
            priority: .normal, messageID: messageID, origin: origin, size: size,
            recipients: session.envelope.recipients.map { Recipient(address: $0) })
        pending = PendingMessage(
            id: id, idText: header.id, sender: spooled.sender, recipients: spooled.recipients.count, size: size,
            messageID: messageID)
        deadlines.activity = .distantFuture
        deadlines.transaction = .distantFuture
        loop.accept(NewMessage(message: spooled, header: fields, content: takeContent()), from: number)
    }

    private func relayHeader(id: String, at moment: Timestamp) -> RelayHeader {
        RelayHeader(
            id: id, hostname: listener.hostname, clientName: session.clientName, clientAddress: clientText,
            isExtended: session.isExtended, date: loop.dateText(at: moment))
    }

    private func takeContent() -> NewMessage.Content {
        defer { message = IncomingMessage() }
        guard let stream = message.stream else { return .whole(message.takePart()) }
        if message.held.readableBytes > 0 { handOverPart() }
        return .stream(stream)
    }

    private func refuse(_ reply: ServerReply, _ reason: String) {
        forgetMessage()
        write(reply)
        report(reply.text, reason)
        session.finish(accepted: false)
    }

    /// Forgets what has come of a message; parts the spool has are dead space.
    func forgetMessage() {
        if let stream = message.stream { loop.abandon(stream) }
        message = IncomingMessage()
    }

    // MARK: Answers of the spool

    func messageAccepted() {
        guard let accepted = pending else { return }
        outbound.writeStaticString("250 2.0.0 Ok: queued as ")
        outbound.writeString(accepted.idText)
        outbound.writeStaticString("\r\n")
        loop.events(
            .accepted(
                accepted.id, client: clientText, sender: accepted.sender, recipients: accepted.recipients,
                size: accepted.size, messageID: accepted.messageID))
        goOn(accepted: true)
    }

    func messageRefused(_ error: SpoolError) {
        guard pending != nil else { return }
        write(Self.reply(to: error))
        report(Self.reply(to: error).text, error.message)
        goOn(accepted: false)
    }

    private func goOn(accepted: Bool) {
        pending = nil
        session.finish(accepted: accepted)
        guard let context, life == .open else { return }
        renewDeadline(context)
        process(context)
        flush(context)
        resumeReading(context)
    }

    func partStored(_ stream: ContentStream, octets: Int) {
        guard message.stream == stream else { return }
        message.unacknowledged -= octets
        if let context { resumeReading(context) }
    }

    func partFailed(_ stream: ContentStream, _ error: SpoolError) {
        guard message.stream == stream else { return }
        message.failure = error
        message.unacknowledged = 0
        _ = message.takePart()
        if let context { resumeReading(context) }
    }

    private static func reply(to error: SpoolError) -> ServerReply {
        error.code == .full ? .spoolFull : .spoolFailed
    }
}
