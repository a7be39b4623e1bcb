import Mail
import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Joins one connection to its session: lines and content in, gathered replies out, one write per read.
final class SinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Event {
        case connected
        case greetingDue
        case command(ClientCommand)
        case contentBegan
        case contentEnded
        case lineTooLong
    }

    private enum Mode {
        /// Takes one event after the other.
        case running
        /// Waits for a delay to pass, then takes the event that waits.
        case delayed(Event)
        /// Takes no event any more; what arrives is thrown away.
        case finished
    }

    private static let maxLineLength = 4096

    private let core: SinkCore
    private var session: SinkSession
    private var scanner: ContentScanner
    private var mode = Mode.running
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var closing = false
    private var contentHasBegun = false
    private var pipelinedUnasked = 0
    private var mayBeComplete = false

    init(_ core: SinkCore) {
        self.core = core
        session = SinkSession(offersEightBitMIME: core.settings.offersEightBitMIME)
        scanner = ContentScanner(keepLimit: core.keepLimit)
    }

    func channelActive(context: ChannelHandlerContext) {
        if core.connectionOpened() {
            meet(.connected, context)
            run(context)
        } else {
            act(.replyThenClose(.tooManyConnections), context)
        }
        flush(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        mode = .finished
        var violations = scanner.violations
        violations.badCommands = session.badCommands
        violations.pipelinedUnasked = pipelinedUnasked
        core.connectionClosed(violations)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .finished = mode { return }
        var data = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = data } else { input.writeBuffer(&data) }
        run(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Events

    private func run(_ context: ChannelHandlerContext) {
        while case .running = mode, let event = nextEvent() { meet(event, context) }
    }

    private func nextEvent() -> Event? {
        guard input.readableBytes > 0 else { return nil }
        guard session.expectsContent else { return nextCommand() }
        if !contentHasBegun {
            contentHasBegun = true
            return .contentBegan
        }
        let (consumed, ended) = input.withUnsafeReadableBytes { scanner.scan($0) }
        input.moveReaderIndex(forwardBy: consumed)
        return ended ? .contentEnded : nil
    }

    private func nextCommand() -> Event? {
        let found = input.withUnsafeReadableBytes { bytes -> (ClientCommand, Int)? in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let length = end > 0 && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            return (ClientCommand(UnsafeRawBufferPointer(rebasing: bytes[..<length])), end + 1)
        }
        guard let (command, length) = found else {
            return input.readableBytes > Self.maxLineLength ? .lineTooLong : nil
        }
        input.moveReaderIndex(forwardBy: length)
        if !core.settings.offersPipelining { pipelinedUnasked += input.readableBytes }
        return .command(command)
    }

    /// Lets an event happen, after the delay of its phase.
    private func meet(_ event: Event, _ context: ChannelHandlerContext) {
        guard let delay = core.delay(at: Self.phase(of: event)) else {
            handle(event, context)
            return
        }
        mode = .delayed(event)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        context.value.eventLoop.scheduleTask(in: TimeAmount(delay)) { handler.value.delayPassed(context.value) }
    }

    private func delayPassed(_ context: ChannelHandlerContext) {
        guard case .delayed(let event) = mode else { return }
        mode = .running
        handle(event, context)
        run(context)
        flush(context)
    }

    private func handle(_ event: Event, _ context: ChannelHandlerContext) {
        switch event {
        case .connected:
            act(session.connected(core.takeFault(at: .connect)), context)
            if case .running = mode { meet(.greetingDue, context) }
        case .greetingDue: act(session.greetingDue(core.takeFault(at: .banner)), context)
        case .command(let command):
            act(session.commandReceived(command, fault(for: command)), context)
        case .contentBegan: act(session.contentBegan(core.takeFault(at: .content)), context)
        case .contentEnded: act(session.contentEnded(core.takeFault(at: .dot)), context)
        case .lineTooLong: act(.replyThenClose(.lineTooLong), context)
        }
        if case .contentEnded = event { session.endTransaction() }
    }

    private func fault(for command: ClientCommand) -> SinkFault.Kind? {
        if case .rcpt(let recipient) = command { return core.takeFault(at: .rcpt, recipient: recipient) }
        return core.takeFault(at: command.phase)
    }

    private static func phase(of event: Event) -> SinkPhase? {
        switch event {
        case .connected: .connect
        case .greetingDue: .banner
        case .command(let command): command.phase
        case .contentBegan: .content
        case .contentEnded: .dot
        case .lineTooLong: nil
        }
    }

    // MARK: Actions

    private func act(_ action: SinkSession.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .reply(let reply):
            write(reply)
            if reply == .fault, core.replies.faultCloses { finish() }
        case .replyThenClose(let reply):
            write(reply)
            finish()
        case .beginContent:
            scanner.reset()
            contentHasBegun = false
            write(.beginContent)
        case .proceed: break
        case .take: take()
        case .takeThenDrop:
            _ = core.take(session, scanner, replied: false)
            finish()
        case .drop: finish()
        case .reset:
            resetOnClose(context)
            finish()
        case .hang: hang(context)
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
    private func finish() {
        mode = .finished
        closing = true
    }

    private func resetOnClose(_ context: ChannelHandlerContext) {
        guard let socket = context.channel as? any SocketOptionProvider else { return }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
    }

    private func hang(_ context: ChannelHandlerContext) {
        mode = .finished
        guard session.expectsContent else { return }
        context.channel.setOption(.autoRead, value: false).assumeIsolated().whenFailure { _ in }
    }

    private func flush(_ context: ChannelHandlerContext) {
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
