internal import Mail
internal import NIOCore
internal import SMTP

/// Where a session meets the limits on clients, users and everybody.
extension SessionHandler {
    /// Takes the client's place; returns what it is told where there is none.
    func enterLimits(_ client: ClientAddress, _ context: ChannelHandlerContext) -> LimitHit? {
        guard listener.admission.enter(client.limited) else {
            return LimitHit(name: .listenerClientConnections, wait: nil)
        }
        self.client = client
        return listener.quotas.enter(client: client, &subject, at: context.eventLoop.now)
    }

    func leaveLimits(_ context: ChannelHandlerContext?) {
        if let client { listener.admission.leave(client.limited) }
        client = nil
        listener.quotas.leave(subject, at: context?.eventLoop.now ?? .now())
        subject = LimitSubject()
    }

    /// The client has authenticated: from now on the user's limits hold too.
    ///
    /// - Parameter messageRate: the user's own, in place of `user_message_rate`.
    /// - Returns: nil, or what to close the session with: `close(context, text: hit.reply)`.
    func enterLimits(user: String, messageRate: Rate?, _ context: ChannelHandlerContext) -> LimitHit? {
        let hit = listener.quotas.enter(
            user: user, messageRate: messageRate, &subject, at: context.eventLoop.now)
        if let hit { report(hit) }
        return hit
    }

    /// MAIL: whether the limits leave room for one more message. The session learns how many recipients it may have.
    ///
    /// - Returns: the refusal that was sent, for the session.
    func refusalByLimits(_ context: ChannelHandlerContext) -> LimitHit? {
        let (hit, recipients) = listener.quotas.begin(
            subject, declared: session.declaredSize, at: context.eventLoop.now)
        session.recipientBudget = recipients
        if let hit { report(hit) }
        return hit
    }

    /// RCPT was refused since the budget is used up: says which limit it was, once in the log for each message.
    func writeRecipientRefusal(_ context: ChannelHandlerContext) {
        guard let hit = listener.quotas.refusalOfRecipient(subject, at: context.eventLoop.now) else {
            return write(.rateLimited)
        }
        if session.recipientBudget == 0 { report(hit) }
        session.recipientBudget = -1
        write(text: hit.reply)
    }

    func chargeLimits(_ context: ChannelHandlerContext) {
        listener.quotas.charge(
            subject, recipients: session.envelope.recipients.count, octets: session.contentSize,
            at: context.eventLoop.now)
    }

    func report(_ hit: LimitHit) {
        loop.events(.limited(hit.name, client: clientText, reply: hit.reply))
    }

    func write(text: String) {
        outbound.writeString(text)
        outbound.writeStaticString("\r\n")
    }

    /// Sends the last reply, which is not one of those that are always the same, then closes.
    func close(_ context: ChannelHandlerContext, text: String) {
        write(text: text)
        close(context, with: nil)
    }
}
