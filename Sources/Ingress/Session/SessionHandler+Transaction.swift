internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Suppression

/// A message from MAIL to the reply to its final dot.
extension SessionHandler {
    func begin(_ context: ChannelHandlerContext) {
        if loop.isStopping { return close(context, with: .stopping) }
        let refusal = loop.spool.refusal
        if let refusal { report(Self.reply(to: refusal).text, refusal.message) }
        if refusal == nil, let release = session.envelope.release, release.wait(at: loop.now()) > ReleaseRequest.limit {
            report(ServerReply.releaseTooLate.text, "HOLDFOR or HOLDUNTIL beyond the limit")
            return write(session.begin(refusal: .releaseTooLate))
        }
        if refusal == nil, checksFrom, let refusal = refusalBySenders() {
            _ = session.begin(refusal: .senderNotAllowed)
            return write(text: refusal.reply)
        }
        if refusal == nil, loop.guardian.isUsed, let reply = refusalByGuard() {
            _ = session.begin(refusal: .rateLimited)
            return write(text: reply)
        }
        if refusal == nil, let hit = refusalByLimits(context) {
            _ = session.begin(refusal: .rateLimited)
            return write(text: hit.reply)
        }
        if let priority = session.envelope.options.transferPriority, priority > 0, !mayRaisePriority {
            session.lowerPriority()
        }
        session.asksAboutRecipients = !loop.gate.isOpen()
        write(session.begin(refusal: refusal.map(Self.reply)))
        if captureGeneration != loop.captureGeneration { message = makeMessage() }
        message.begin(session.envelope.body, identity: newIdentity(), digestsAll: submitter?.key != nil)
        if checksFrom { message.collectFrom() }
        if listener.rewrites.concernHeader { message.rewrite(by: listener.rewrites) }
        deadlines.transaction = context.eventLoop.now + .init(listener.settings.transactionTimeout)
    }

    /// A recipient that is suppressed is not in the envelope; the others of the message are not concerned.
    func decideRecipient() {
        guard let recipient = session.envelope.recipients.last,
            let match = loop.gate.refusal(
                RecipientGate.Question(
                    recipient: recipient, sender: storedSender, user: session.user, route: userRoute))
        else { return write(.recipientAccepted) }
        let sender = session.envelope.sender
        session.withdrawRecipient()
        outbound.writeString("\(match.reply)\r\n")
        loop.events(.suppressed(client: clientText, sender: sender, recipient: recipient, match))
    }

    /// Passes the buffer to the spool, which acknowledges it once it has reached the file.
    func handOverPart() {
        let stream = message.stream ?? loop.openStream(for: number)
        message.stream = stream
        let part = message.takePart()
        message.unacknowledged += part.readableBytes
        loop.append(part, to: stream)
    }

    func complete(_ context: ChannelHandlerContext) {
        if session.lacksLineEnd { message.endLine() }
        message.end()
        if let failure = message.failure { return refuse(Self.reply(to: failure), failure.message) }
        guard !message.isHeaderTooLarge else {
            return refuse(.headerTooLarge, "more than \(IncomingMessage.headerLimit) octets of header")
        }
        guard message.scanner.receivedFields < listener.settings.maxHops else {
            return refuse(.tooManyHops, "\(message.scanner.receivedFields) Received fields")
        }
        guard message.key != .invalid else {
            return refuse(.badKey, "invalid Idempotency-Key")
        }
        if let refusal = refusalOfFrom() { return refuse(refusal) }
        if let refusal = refusalOfPriority { return refuse(refusal, "which class it has") }
        let moment = loop.now()
        if let refusal = refusalOfRelease(at: moment) { return refuse(refusal, "when to send it") }
        chargeLimits(context)
        submit(at: moment)
    }

    private func submit(at moment: Timestamp) {
        let id = loop.spool.makeQueueID(at: moment)
        let header = relayHeader(id: id.description, at: moment)
        let scanner = message.scanner
        let fields = header.write(for: scanner, allocator: ByteBufferAllocator())
        let messageID = scanner.hasMessageID ? scanner.messageID : header.messageID
        let size = fields.readableBytes + session.contentSize + message.growth
        let spooled = spooledMessage(id, scanner, at: moment, messageID: messageID, size: size)
        pending = PendingMessage(
            id: id, idText: header.id, sender: spooled.sender, recipients: spooled.recipients.count, size: size,
            messageID: messageID, endedAt: loop.eventLoop.now)
        deadlines.activity = .distantFuture
        deadlines.transaction = .distantFuture
        let (identity, release, key) = (message.identity, release, message.key)
        let content = takeContent()
        let resubmission = resubmission(
            identity, of: spooled, release: release, key: key, hasMessageID: scanner.hasMessageID)
        loop.accept(
            NewMessage(message: spooled, header: fields, content: content, resubmission: resubmission), from: number)
    }

    private func spooledMessage(
        _ id: QueueID, _ scanner: HeaderScanner, at moment: Timestamp, messageID: String, size: Int
    ) -> SpooledMessage {
        let envelope = session.envelope
        var options = envelope.options
        // The client's declaration only says that there may be such a header (RFC 6531 section 3.6).
        options.hasUTF8Header = options.usesUTF8 && scanner.hasEightBit
        var routing = RoutingFacts(
            route: userRoute, headers: scanner.values, relays: message.trace.relays, sought: scanner.sought)
        routing.stream = stream(routing)
        var spooled = SpooledMessage(
            id: id, receivedAt: moment, sender: storedSender, body: envelope.body,
            contained: message.body.needed, priority: priority(routing), messageID: messageID,
            origin: origin, user: session.user, options: options, routing: routing, size: size,
            recipients: Self.recipients(of: envelope))
        if let wait = release?.wait(at: moment), wait > .zero { spooled.schedule(for: loop.steady() + wait) }
        if loop.guardian.isUsed { guardMessage(&spooled) }
        return spooled
    }

    /// Routes and everything behind the spool know no other.
    var storedSender: ReversePath { listener.rewrites.sender(session.envelope.sender) }

    private static func recipients(of envelope: Envelope) -> [Recipient] {
        guard !envelope.recipientOptions.isEmpty else { return envelope.recipients.map { Recipient(address: $0) } }
        return zip(envelope.recipients, envelope.recipientOptions).map { Recipient(address: $0, options: $1) }
    }

    private func relayHeader(id: String, at moment: Timestamp) -> RelayHeader {
        RelayHeader(
            id: id, hostname: listener.hostname, clientName: session.clientName, clientAddress: clientText,
            transmission: transmission, date: loop.dateText(at: moment))
    }

    private var transmission: TransmissionType {
        TransmissionType(
            isExtended: session.isExtended, usesUTF8: session.envelope.options.usesUTF8,
            isEncrypted: session.offer.isEncrypted, isAuthenticated: session.user != nil, isHTTP: submitter != nil)
    }

    private func takeContent() -> NewMessage.Content {
        defer { message = makeMessage() }
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

    private func makeMessage() -> IncomingMessage {
        captureGeneration = loop.captureGeneration
        return IncomingMessage(capturing: loop.capturedFields)
    }

    /// Discards the message; parts already in the spool are dead space.
    func forgetMessage() {
        guard message.hasBegun else { return }
        if let stream = message.stream { loop.abandon(stream) }
        message = makeMessage()
    }

    // MARK: Answers of the spool

    func messageAccepted(at now: NIODeadline) {
        guard let accepted = pending else { return }
        let took = (now - accepted.endedAt).nanoseconds
        loop.accepts.record(nanoseconds: took)
        if life == .open { writeReply(queueID: accepted.idText) }
        loop.events(
            .accepted(
                accepted.id, client: clientText, sender: accepted.sender, recipients: accepted.recipients,
                size: accepted.size, messageID: accepted.messageID, took: .nanoseconds(took)))
        goOn(accepted: true)
    }

    func writeReply(queueID: String) {
        outbound.writeStaticString("250 2.0.0 Ok: queued as ")
        outbound.writeString(queueID)
        outbound.writeStaticString("\r\n")
    }

    func messageRefused(_ error: SpoolError) {
        guard pending != nil else { return }
        if life == .open { write(Self.reply(to: error)) }
        report(Self.reply(to: error).text, error.message)
        goOn(accepted: false)
    }

    func goOn(accepted: Bool) {
        pending = nil
        // A session ended by a stop may still exist until the peer has noticed.
        guard let context, life == .open else { return }
        session.finish(accepted: accepted)
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
        switch error.code {
        case .full: .spoolFull
        case .contradiction: .usedKey
        default: .spoolFailed
        }
    }
}
