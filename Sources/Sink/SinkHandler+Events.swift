internal import NIOCore

/// Events, with the delay and the fault of their phase.
extension SinkHandler {
    /// Handles an event, after the delay of its phase.
    func meet(_ event: Event, _ context: ChannelHandlerContext) {
        guard let delay = core.delay(in: situation(of: event)) else {
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
        let fault = core.takeFault(in: situation(of: event))
        let start = output.writerIndex
        switch event {
        case .connected:
            act(session.connected(fault), context)
            if case .running = mode, core.offers.tls != .implicit { meet(.greetingDue, context) }
        case .greetingDue: act(session.greetingDue(fault), context)
        case .handshakeBegan: act(session.handshakeBegan(fault), context)
        case .command(let command):
            noteIfInClear(command)
            act(session.commandReceived(command, fault), context)
        case .response(let line): act(session.responseReceived(line), context)
        case .contentBegan:
            if case .slow(let rate) = fault { readSlowly(rate, context) }
            act(session.contentBegan(fault), context)
        case .contentEnded: act(session.contentEnded(fault), context)
        case .chunkEnded: act(session.chunkEnded(), context)
        case .lineTooLong: act(.replyThenClose(.lineTooLong), context)
        }
        if case .contentEnded = event { session.endTransaction() }
        if fault == .twice { repeatOutput(from: start) }
        if fault == .deaf { input.clear() }
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

    private func situation(of event: Event) -> SinkCase? {
        guard let phase = Self.phase(of: event) else { return nil }
        var situation = SinkCase(phase, taken: session.recipients.count)
        situation.messages = session.messages
        if case .command(.rcpt(let recipient, _)) = event { situation.recipient = recipient }
        if case .command(.auth(let mechanism, _)) = event { situation.mechanism = mechanism }
        return situation
    }
}
