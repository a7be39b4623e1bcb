internal import NIOCore

/// What happens, with the delay and the fault of its phase.
extension SinkHandler {
    /// Lets an event happen, after the delay of its phase.
    func meet(_ event: Event, _ context: ChannelHandlerContext) {
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
            if case .running = mode, core.offers.tls != .implicit { meet(.greetingDue, context) }
        case .greetingDue: act(session.greetingDue(core.takeFault(at: .banner)), context)
        case .handshakeBegan: act(session.handshakeBegan(core.takeFault(at: .tls)), context)
        case .command(let command):
            noteIfInClear(command)
            act(session.commandReceived(command, fault(for: command)), context)
        case .response(let line): act(session.responseReceived(line), context)
        case .contentBegan: act(session.contentBegan(core.takeFault(at: .content)), context)
        case .contentEnded: act(session.contentEnded(core.takeFault(at: .dot)), context)
        case .chunkEnded: act(session.chunkEnded(), context)
        case .lineTooLong: act(.replyThenClose(.lineTooLong), context)
        }
        if case .contentEnded = event { session.endTransaction() }
    }

    private func fault(for command: ClientCommand) -> SinkFault.Kind? {
        if case .rcpt(let recipient, _) = command { return core.takeFault(at: .rcpt, recipient: recipient) }
        return core.takeFault(at: command.phase)
    }

    private func noteIfInClear(_ command: ClientCommand) {
        guard core.offers.tls != nil, session.tls == nil, case .mail = command else { return }
        core.note(.plaintextMail)
    }

    private static func phase(of event: Event) -> SinkPhase? {
        switch event {
        case .connected: .connect
        case .greetingDue: .banner
        case .command(let command): command.phase
        case .handshakeBegan: .tls
        case .contentBegan: .content
        case .contentEnded: .dot
        case .response, .chunkEnded, .lineTooLong: nil
        }
    }
}
