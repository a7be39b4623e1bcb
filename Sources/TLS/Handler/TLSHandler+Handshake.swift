internal import NIOCore

extension TLSHandler {
    /// Gets ready for the handshake, so that writes and closes wait for it.
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
        // A channel that reads only when it is told to would never see the peer's part.
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

    /// Goes on with what has been received, as far as it reaches.
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

    /// Tells first and sends then, so that the end of the handshake and the first data go in one write.
    private func completeHandshake(_ context: ChannelHandlerContext, _ connection: TLSConnection) {
        phase = .open
        cancelTimer()
        context.fireUserInboundEventTriggered(TLSHandshakeCompleted(details: connection.details))
    }

    /// Tells of an error, once, and closes; what the library has to tell the peer about it is sent before.
    func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard phase != .closed else { return }
        phase = .closed
        cancelTimer()
        if let alert = connection?.takeOutbound() { context.writeAndFlush(wrapOutboundOut(alert), promise: nil) }
        end(.failure(error))
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    /// Lets go of everything. What still waits comes to `result`.
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
