internal import Mail
internal import NIOCore
internal import SMTP

/// Where a session is subject to the limits on clients, users and in total.
extension SessionHandler {
    /// Takes the client's slot; returns the limit if there is none.
    func enterLimits(_ client: IPAddress, _ context: ChannelHandlerContext) -> LimitHit? {
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

    /// The client has authenticated: from now on the user's limits apply too.
    ///
    /// - Parameter messageRate: the user's own rate, in place of `user_message_rate`.
    /// - Returns: nil, or the reason to close the session: `close(context, text: hit.reply)`.
    func enterLimits(user: String, messageRate: Rate?, _ context: ChannelHandlerContext) -> LimitHit? {
        let hit = listener.quotas.enter(
            user: user, messageRate: messageRate, &subject, at: context.eventLoop.now)
        if let hit { report(hit) }
        return hit
    }

    /// MAIL: whether the limits permit another message. Also tells the session how many recipients it may have.
    ///
    /// - Returns: the refusal that was sent, for the session.
    func refusalByLimits(_ context: ChannelHandlerContext) -> LimitHit? {
        if subject.generation != listener.quotas.generation { renewLimits(context) }
        let (hit, recipients) = listener.quotas.begin(
            subject, declared: session.declaredSize, at: context.eventLoop.now)
        session.recipientBudget = recipients
        if let hit { report(hit) }
        return hit
    }

    /// The limits have changed since the session began: from this message on it has the new ones.
    private func renewLimits(_ context: ChannelHandlerContext) {
        let user = session.user.map { name in
            (name: name, messageRate: (submitter?.user ?? listener.logins?.directory[name])?.maxRate)
        }
        listener.quotas.renew(&subject, client: client, user: user, at: context.eventLoop.now)
    }

    /// RCPT was refused because the budget is used up: names the limit, in the log once per message.
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

    /// Sends the last reply, which is not a constant one, then closes.
    func close(_ context: ChannelHandlerContext, text: String) {
        write(text: text)
        close(context, with: nil)
    }
}
