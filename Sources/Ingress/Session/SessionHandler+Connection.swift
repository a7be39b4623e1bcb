internal import Mail
internal import NIOCore
internal import SMTP

/// The start, the end, the deadlines and the replies of a connection.
extension SessionHandler {
    /// How long a connection may take to close after the last reply.
    private static let lingerTime = TimeAmount.seconds(2)

    // MARK: Start and end

    /// What a client may have sent before the banner is processed like anything else: it cannot be told from octets
    /// that were on their way, and whoever may relay here is trusted.
    func start(_ context: ChannelHandlerContext) {
        guard number == 0, life == .open else { return }
        guard let address = presentedAddress ?? context.remoteAddress, let client = ClientAddress(address) else {
            life = .closed
            return context.close(promise: nil)
        }
        number = loop.add(self)
        clientText = address.ipAddress ?? ""
        if let refusal = admit(client) {
            report(refusal.text, "connection refused")
            return close(context, with: refusal)
        }
        if let hit = enterLimits(client, context) {
            report(hit)
            return close(context, text: hit.reply)
        }
        isCounted = true
        loop.events(.sessionOpened)
        session.offer.requiresAuthentication = listener.mustLogIn(namedClient)
        if !listener.settings.isTLSImplicit { write(listener.banner) }
        renewDeadline(context)
        flush(context)
    }

    private func admit(_ client: ClientAddress) -> ServerReply? {
        if loop.isStopping { return .stopping }
        guard listener.admits(client) else { return .clientDenied }
        return nil
    }

    /// Sends the last reply, then closes: first the own side, so that unread octets of the client's do not make the
    /// system take the reply back by a reset.
    func close(_ context: ChannelHandlerContext, with reply: ServerReply?) {
        life = .closing
        session.close()
        forgetMessage()
        if let reply { write(reply) }
        deadlines.transaction = .distantFuture
        setActivity(context.eventLoop.now + Self.lingerTime, context)
        let inputIsClosed = inputIsClosed
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            context.close(mode: inputIsClosed ? .all : .output, promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: written)
        outbound = ByteBuffer()
        resumeReading(context)
    }

    /// Ends the session unless a transaction is open.
    func stop() {
        guard let context, life == .open, !session.isInTransaction else { return }
        close(context, with: .stopping)
    }

    /// Ends the session, whatever it is doing.
    func stopNow() {
        guard let context else { return }
        if life == .open { close(context, with: .stopping) }
        context.close(promise: nil)
    }

    func report(_ reply: String, _ reason: String) {
        loop.events(.refused(client: clientText, reply: reply, reason: reason))
    }

    // MARK: Replies

    func write(_ reply: ServerReply) {
        outbound.writeStaticString(reply.wire)
    }

    func write(_ wire: ByteBuffer) {
        outbound.writeImmutableBuffer(wire)
    }

    /// Sends what has gathered. The buffer is used again, unless many replies made it large.
    func flush(_ context: ChannelHandlerContext) {
        guard outbound.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        if outbound.capacity > 1024 { outbound = ByteBuffer() } else { outbound.clear() }
    }

    // MARK: Deadlines

    /// Gives the client time for its next command, or for its next octets of content.
    func renewDeadline(_ context: ChannelHandlerContext) {
        guard life == .open, !session.isWaitingForOwner else { return }
        let settings = listener.settings
        let time = session.isReceivingContent ? settings.dataTimeout : settings.commandTimeout
        if !session.isInTransaction { limitDroppedChunk(context) }
        setActivity(context.eventLoop.now + TimeAmount(time), context)
    }

    /// A chunk that belongs to no transaction is dropped as it comes; it may take no longer than one that belongs to one.
    private func limitDroppedChunk(_ context: ChannelHandlerContext) {
        guard session.isReceivingContent else { return deadlines.transaction = .distantFuture }
        guard deadlines.transaction == .distantFuture else { return }
        deadlines.transaction = context.eventLoop.now + TimeAmount(listener.settings.transactionTimeout)
    }

    private func setActivity(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        deadlines.activity = deadline
        arm(context)
    }

    /// Sets the timer where there is none or it would fire too late; one that fires too early sets itself again.
    private func arm(_ context: ChannelHandlerContext) {
        let next = deadlines.next
        if let armed = deadlines.armed {
            guard next < armed else { return }
            timer?.cancel()
        }
        deadlines.armed = next
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.timerFired() }
    }

    private func timerFired() {
        deadlines.armed = nil
        timer = nil
        guard let context, life != .closed, deadlines.next != .distantFuture else { return }
        guard deadlines.next <= context.eventLoop.now else { return arm(context) }
        switch life {
        case .open:
            report(ServerReply.timedOut.text, session.isReceivingContent ? "silence in data" : "silence")
            close(context, with: .timedOut)
        case .closing, .closed:
            context.close(promise: nil)
        }
    }
}
