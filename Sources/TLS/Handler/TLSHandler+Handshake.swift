internal import Mail
internal import NIOCore

extension TLSHandler {
    /// Prepares the handshake, so that writes and closes wait for it.
    func prepare(_ context: ChannelHandlerContext) -> TLSError? {
        guard phase == .idle else { return nil }
        phase = .handshaking
        do {
            connection = try makeConnection()
            return nil
        } catch {
            return error
        }
    }

    func start(_ context: ChannelHandlerContext, _ error: TLSError?) {
        guard phase == .handshaking else { return }
        if let error { return fail(context, error) }
        schedule(handshakeTimeout, context) { handler, context in
            handler.fail(context, TLSError(.timeout, "the TLS handshake with \(handler.peer) took too long"))
        }
        proceed(context)
        // A channel that reads only on request would never see the peer's messages.
        read(context: context)
    }

    private func makeConnection() throws(TLSError) -> TLSConnection {
        switch side {
        case .server(let context): try TLSConnection(server: context)
        case .client(let context, let name): try TLSConnection(client: context, serverName: name)
        }
    }

    var peer: String {
        switch side {
        case .server: "the client"
        case .client(_, let name): name
        }
    }

    /// Processes the input as far as it goes.
    func proceed(_ context: ChannelHandlerContext) {
        guard let connection else { return }
        do {
            if phase == .handshaking, try connection.handshake() { completeHandshake(context, connection) }
            try decrypt(context, connection)
            if writes.hasFlushed {
                try encrypt(context, connection)
                context.flush()
            }
        } catch {
            fail(context, error)
        }
        sendAnswers(context)
        closeIfWanted(context)
    }

    /// Fires the event before sending, so that the end of the handshake and the first data go out in one write.
    private func completeHandshake(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        phase = .open
        cancelTimer()
        context.fireUserInboundEventTriggered(TLSHandshakeCompleted(details: connection.details))
    }

    /// Reports an error, once, and closes; any alert from the library is sent to the peer first.
    func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard phase != .closed else { return }
        phase = .closed
        cancelTimer()
        if let alert = connection?.takeOutbound() { context.writeAndFlush(wrapOutboundOut(alert), promise: nil) }
        end(.failure(error))
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    /// Releases everything. Pending promises complete with `result`.
    func end(_ result: Result<Void, any Error>) {
        phase = .closed
        cancelTimer()
        connection = nil
        writes.cancel().complete(result)
        closing.takePromises().complete(result)
    }

    // MARK: Time

    func schedule(
        _ delay: TimeAmount, _ context: ChannelHandlerContext,
        _ body: @escaping (TLSHandler, ChannelHandlerContext) -> Void
    ) {
        cancelTimer()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { body(self, context) }
    }

    func cancelTimer() {
        timer?.cancel()
        timer = nil
    }
}
