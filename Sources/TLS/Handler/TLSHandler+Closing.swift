internal import Mail
package import NIOCore

/// State of closing a connection.
struct Closing {
    /// Requested close, to be done once the handshake is complete and all flushed data is encrypted.
    var wanted: CloseMode?
    /// The peer has sent its closing alert, or has nothing more to send.
    var peerIsDone = false
    var alertIsMade = false
    /// Our closing alert has reached the channel's socket.
    var alertIsSent = false
    private var promises = PromiseList(nil)

    mutating func append(_ promise: EventLoopPromise<Void>?) {
        promises.append(promise)
    }

    mutating func takePromises() -> PromiseList {
        defer { promises = PromiseList(nil) }
        return promises
    }
}

extension TLSHandler {
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .all: closeAll(context, promise)
        case .output: closeOutput(context, promise)
        case .input: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    // MARK: Both directions

    private func closeAll(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        if phase == .idle || phase == .closed { return context.close(promise: promise) }
        closing.append(promise)
        switch phase {
        case .idle, .closed, .closing: break
        // Flushed data is sent first, as a channel without a handshake would do.
        case .handshaking: writes.hasFlushed ? waitForHandshake(context) : closeChannel(context, .success(()))
        case .open, .inputClosed: writes.hasFlushed ? wait(for: .all, context) : closeAll(context)
        case .outputClosed: closeAll(context)
        }
    }

    /// After a close request the handshake gets less time than usual.
    private func waitForHandshake(_ context: ChannelHandlerContext) {
        if closing.wanted != .all { scheduleShutdown(context) }
        closing.wanted = .all
    }

    private func wait(for mode: CloseMode, _ context: ChannelHandlerContext) {
        if closing.wanted != .all { closing.wanted = mode }
        if timer == nil { scheduleShutdown(context) }
    }

    /// Performs a close that had to wait for the handshake or for pending writes.
    func closeIfWanted(_ context: ChannelHandlerContext) {
        guard phase == .open || phase == .inputClosed, let mode = closing.wanted, !writes.hasFlushed else { return }
        closing.wanted = nil
        mode == .all ? closeAll(context) : closeOutput(context)
    }

    /// Sends the closing alert, and closes the channel once that is sent and the peer has done the same.
    private func closeAll(_ context: ChannelHandlerContext) {
        if phase == .inputClosed { closing.peerIsDone = true }
        phase = .closing
        writes.cancel().complete(.failure(ChannelError.ioOnClosedChannel))
        scheduleShutdown(context)
        sendAlert(context)
        // The peer's answer must be read even if nobody else reads.
        if phase == .closing { read(context: context) }
        closeIfDone(context)
    }

    private func scheduleShutdown(_ context: ChannelHandlerContext) {
        schedule(Self.shutdownTimeout, context) { handler, context in
            let error = TLSError(.timeout, "\(handler.peer) did not confirm the end of the TLS connection in time")
            handler.closeChannel(context, .failure(error))
        }
    }

    private func sendAlert(_ context: ChannelHandlerContext) {
        guard let connection, !closing.alertIsMade else { return }
        closing.alertIsMade = true
        connection.shutdown()
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            self.closing.alertIsSent = true
            self.closeIfDone(context)
        }
        context.writeAndFlush(wrapOutboundOut(connection.takeOutbound() ?? ByteBuffer()), promise: sent)
    }

    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard phase == .closing, closing.peerIsDone, closing.alertIsSent else { return }
        closeChannel(context, .success(()))
    }

    private func closeChannel(_ context: ChannelHandlerContext, _ result: Result<Void, any Error>) {
        guard phase != .closed else { return }
        let promises = closing.takePromises()
        end(.failure(ChannelError.ioOnClosedChannel))
        switch result {
        case .success:
            context.close(promise: promises.combined(on: context.eventLoop))
        case .failure:
            promises.complete(result)
            context.close(promise: nil)
        }
    }

    // MARK: One direction

    private func closeOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        if phase == .idle || phase == .closed || phase == .outputClosed {
            return context.close(mode: .output, promise: promise)
        }
        closing.append(promise)
        switch phase {
        case .idle, .outputClosed, .closing, .closed: break
        case .handshaking: wait(for: .output, context)
        case .open: writes.hasFlushed ? wait(for: .output, context) : closeOutput(context)
        case .inputClosed: writes.hasFlushed ? wait(for: .all, context) : closeAll(context)
        }
    }

    /// Signals that we send no more, but continues to receive.
    private func closeOutput(_ context: ChannelHandlerContext) {
        phase = .outputClosed
        writes.cancel().complete(.failure(ChannelError.outputClosed))
        sendAlert(context)
        context.close(mode: .output, promise: closing.takePromises().combined(on: context.eventLoop))
    }

    /// The peer has sent its closing alert.
    func peerClosed(_ context: ChannelHandlerContext) {
        closing.peerIsDone = true
        switch phase {
        case .open where allowsHalfClosure(context):
            phase = .inputClosed
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .open, .outputClosed:
            closeAll(context)
        case .closing:
            closeIfDone(context)
        case .idle, .handshaking, .inputClosed, .closed:
            break
        }
    }

    private func allowsHalfClosure(_ context: ChannelHandlerContext) -> Bool {
        (try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)) ?? false
    }

    /// End of input from the channel. Without a closing alert this is a truncation (RFC 8446 section 6.1).
    func inputEnded(_ context: ChannelHandlerContext, channelIsActive: Bool) {
        switch phase {
        case .handshaking:
            fail(context, TLSError(.handshake, "\(peer) closed the connection during the TLS handshake"))
        case .open, .outputClosed:
            fail(context, TLSError(.broken, "\(peer) dropped the TLS connection without closing it"))
        case .closing:
            closing.peerIsDone = true
            channelIsActive ? closeIfDone(context) : end(.success(()))
        case .idle:
            if channelIsActive { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        case .inputClosed, .closed:
            if !channelIsActive { end(.failure(ChannelError.ioOnClosedChannel)) }
        }
    }
}
