internal import Mail
internal import NIOCore
internal import TLS

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Performs the session's actions.
extension SinkHandler {
    func act(_ action: SinkSession.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .reply(let reply):
            write(reply)
            didWrite(reply)
        case .replyThenClose(let reply):
            write(reply)
            finish()
        case .say(let octets): say(octets)
        case .endless(let code): babble(code, context)
        case .beginContent:
            scanner.reset()
            contentHasBegun = false
            write(.beginContent)
        case .beginChunks:
            scanner.reset()
            contentHasBegun = false
        case .challenge(let text): output.writeString("334 \(Base64.encode(text))\r\n")
        case .startTLS: startTLS()
        case .shakeHands: shakeHands(context)
        case .proceed: break
        case .take: take()
        case .takeThenDrop:
            _ = core.take(session, scanner, replied: false)
            finish()
        case .takeThenSay(let octets):
            if core.take(session, scanner, replied: true) == nil { return finish() }
            output.writeBytes(octets)
            mayBeComplete = core.settings.exitAfter != nil
        case .takeThenClose(let farewell):
            take()
            output.writeBytes(farewell)
            finish()
        case .drop: finish()
        case .reset:
            resetOnClose(context)
            finish()
        case .hang: hang(context)
        }
    }

    private func didWrite(_ reply: SinkReply) {
        if reply == .fault, core.replies.faultCloses { finish() }
        if reply == .noTLS { mode = .finished }
        if reply == .loggedIn { core.note(.loggedIn) }
        if reply == .loginRefused { core.note(.loginRefused) }
    }

    /// Whatever follows in place of a handshake is not a command.
    private func say(_ octets: [UInt8]) {
        output.writeBytes(octets)
        if octets.starts(with: Array("421".utf8)) || session.isBeforeGreeting { finish() }
        if session.expectation == .handshake { mode = .finished }
    }

    /// Clear-text octets after the command may have been injected: the session ends (RFC 3207 section 4.1).
    private func startTLS() {
        behindSTARTTLS += input.readableBytes
        if input.readableBytes > 0 { return finish() }
        write(.startTLS)
    }

    /// Starts TLS with the octets already read.
    private func shakeHands(_ context: ChannelHandlerContext) {
        guard let tls = core.tls else { return finish() }
        isShakingHands = true
        let octets = input
        input.clear()
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(TLSHandler(server: tls), position: .before(self))
            pipeline.fireChannelRead(NIOAny(octets))
            pipeline.fireChannelReadComplete()
        } catch {
            finish()
        }
    }

    private func take() {
        guard let number = core.take(session, scanner, replied: true) else {
            finish()
            return
        }
        output.writeString("250 2.0.0 Taken as \(number)\r\n")
        mayBeComplete = core.settings.exitAfter != nil
    }

    private func write(_ reply: SinkReply) {
        output.writeImmutableBuffer(core.replies[reply])
    }

    /// Closes the connection once the replies so far have been written.
    func finish() {
        mode = .finished
        closing = true
    }

    private func resetOnClose(_ context: ChannelHandlerContext) {
        guard let socket = context.channel as? any SocketOptionProvider else { return }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
    }

    private func hang(_ context: ChannelHandlerContext) {
        mode = .finished
        switch session.expectation {
        case .content, .chunk: break
        case .handshake, .command, .response: return
        }
        setAutoRead(false, context)
    }

    func flush(_ context: ChannelHandlerContext) {
        if output.readableBytes > 0 {
            context.writeAndFlush(wrapOutboundOut(output), promise: nil)
            output.clear()
        }
        if mayBeComplete {
            mayBeComplete = false
            core.finishIfComplete()
        }
        guard closing else { return }
        closing = false
        context.close(promise: nil)
    }
}
