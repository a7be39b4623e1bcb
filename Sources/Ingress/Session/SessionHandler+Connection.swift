internal import Mail
internal import NIOCore
internal import SMTP

/// Start, end, deadlines and replies of a connection.
extension SessionHandler {
    /// Time for a connection to close after the last reply.
    private static let lingerTime = TimeAmount.seconds(2)

    // MARK: Start and end

    /// Octets sent before the banner are processed like any others: they cannot be told from those already in transit,
    /// and clients that may relay here are trusted.
    func start(_ context: ChannelHandlerContext) {
        guard number == 0, life == .open else { return }
        guard let address = presentedAddress ?? context.remoteAddress, let client = IPAddress(address) else {
            life = .closed
            return context.close(promise: nil)
        }
        number = loop.add(self)
        clientText = address.ipAddress ?? ""
        traceStart(client, context)
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
        if let user = submitter?.user {
            session.assume(user: user.name)
            welcome(user.name, user, context)
            guard life == .open else { return }
        }
        if !listener.settings.isTLSImplicit { write(listener.banner) }
        renewDeadline(context)
        flush(context)
    }

    private func admit(_ client: IPAddress) -> ServerReply? {
        if loop.isStopping { return .stopping }
        guard listener.admits(client) else { return .clientDenied }
        return nil
    }

    /// Sends the last reply, then closes: the write side first, so that unread octets from the client do not make the
    /// system discard the reply with a reset.
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
        traceReplies()
        traced = 0
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

    /// Sends the collected replies. The buffer is reused, unless many replies made it large.
    func flush(_ context: ChannelHandlerContext) {
        guard outbound.readableBytes > 0 else { return }
        traceReplies()
        traced = 0
        context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
        if outbound.capacity > 1024 { outbound = ByteBuffer() } else { outbound.clear() }
    }

    // MARK: Deadlines

    /// Gives the client time for its next command, or for more content.
    func renewDeadline(_ context: ChannelHandlerContext) {
        guard life == .open, !session.isWaitingForOwner else { return }
        let settings = listener.settings
        let time = session.isReceivingContent ? settings.dataTimeout : settings.commandTimeout
        if !session.isInTransaction { limitDroppedChunk(context) }
        setActivity(context.eventLoop.now + TimeAmount(time), context)
    }

    /// A dropped chunk outside any transaction gets the same time limit as one inside.
    private func limitDroppedChunk(_ context: ChannelHandlerContext) {
        guard session.isReceivingContent else { return deadlines.transaction = .distantFuture }
        guard deadlines.transaction == .distantFuture else { return }
        deadlines.transaction = context.eventLoop.now + TimeAmount(listener.settings.transactionTimeout)
    }

    private func setActivity(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        deadlines.activity = deadline
        arm(context)
    }

    /// Sets the timer if there is none or it would fire too late; one that fires too early rearms itself.
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
