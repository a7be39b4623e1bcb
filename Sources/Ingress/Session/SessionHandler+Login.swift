internal import Mail
internal import NIOCore
internal import SASL
internal import SMTP

/// A login in progress. A class of its own, so that a session without one costs only a pointer.
final class LoginExchange {
    var server: SASLServer

    init(_ server: SASLServer) {
        self.server = server
    }
}

/// The AUTH exchange (RFC 4954 section 4): between the session, the mechanism, and the user directory.
extension SessionHandler {
    func authenticate(_ context: ChannelHandlerContext) {
        guard let logins = listener.logins, let client, let mechanism = SASLMechanism(name: session.mechanism),
            !logins.isLockedOut(client, now: context.eventLoop.now), let nonce = try? SCRAMNonce(),
            let server = SASLServer(mechanism, binding: offeredBinding, decoy: logins.decoy, nonce: nonce)
        else { return refuseLogin(.authenticationUnavailable, "locked out, or logins are not possible now", context) }
        let exchange = LoginExchange(server)
        login = exchange
        perform(exchange.server.start(initialResponse: session.response), exchange, context)
    }

    /// What a login can be bound to, unless the client has been told that it cannot: then it is right to say so.
    private var offeredBinding: ChannelBinding? {
        session.offer.mechanisms.contains(SASLMechanism.scramSHA256Plus.rawValue) ? binding : nil
    }

    func respond(_ context: ChannelHandlerContext) {
        guard let exchange = login else { preconditionFailure("a response needs an exchange") }
        // Locked out meanwhile: exchanges begun earlier are no way around it.
        if let user = exchange.server.user, isLockedOut(user, context) {
            return fail(.refused, exchange, context)
        }
        perform(exchange.server.respond(session.response ?? []), exchange, context)
    }

    private func perform(_ action: SASLServer.Action, _ exchange: LoginExchange, _ context: ChannelHandlerContext) {
        switch action {
        case .challenge(let octets): outbound.writeString(session.challenge(octets))
        case .checkPassword(let user, let password): check(password, of: user, exchange, context)
        case .lookUp(let user):
            // Also for a locked-out user: the salt must not reveal who is a user.
            let keys = listener.logins?.directory[user]?.passwordHash.scramKeys
            perform(exchange.server.found(keys), exchange, context)
        case .succeeded(let user): succeed(user, exchange.server.mechanism, context)
        case .failed(let failure): fail(failure, exchange, context)
        }
    }

    private func isLockedOut(_ user: String, _ context: ChannelHandlerContext) -> Bool {
        guard let logins = listener.logins, let client else { return true }
        return logins.isLockedOut(user, from: client, now: context.eventLoop.now)
    }

    /// The answer may come within this call, if the password is cached, or tenths of a second later.
    private func check(
        _ password: [UInt8], of user: String, _ exchange: LoginExchange, _ context: ChannelHandlerContext
    ) {
        guard let logins = listener.logins, let client, !isLockedOut(user, context) else {
            return perform(exchange.server.passwordChecked(false), exchange, context)
        }
        let clientText = clientText
        // The client waits for us.
        deadlines.activity = .distantFuture
        logins.check(password, of: user, from: client, on: context.eventLoop)
            .assumeIsolated().whenSuccess { answer in
                guard self.life == .open, self.login === exchange, let context = self.context else {
                    // Hanging up before the answer still counts as a guess.
                    if answer == .wrong { self.countGuess(at: user, client, clientText) }
                    return
                }
                let isRight: Bool? =
                    switch answer {
                    case .right: !self.isLockedOut(user, context)
                    case .wrong: false
                    case .tryLater: nil
                    }
                self.perform(exchange.server.passwordChecked(isRight), exchange, context)
                self.goOn(context)
            }
    }

    private func countGuess(at user: String, _ client: IPAddress, _ clientText: String) {
        guard let logins = listener.logins else { return }
        let penalty = logins.failed(user, from: client, now: loop.eventLoop.now)
        loop.events(.loginFailed(user: user, client: clientText, isLockedOut: penalty.isLockedOut))
    }

    private func succeed(_ user: String, _ mechanism: SASLMechanism, _ context: ChannelHandlerContext) {
        login = nil
        if let client { listener.logins?.succeeded(user, from: client, now: context.eventLoop.now) }
        note("logged in as \(user) with \(mechanism.rawValue)")
        write(session.authenticated(user: user))
        loop.events(.loggedIn(user: user, client: clientText, mechanism: mechanism.rawValue))
        welcome(user, context)
    }

    /// From now on the settings of this user apply.
    func welcome(_ user: String, _ context: ChannelHandlerContext) {
        welcome(user, listener.logins?.directory[user], context)
    }

    func welcome(_ user: String, _ settings: UserSettings?, _ context: ChannelHandlerContext) {
        userPriority = settings?.priority
        userRoute = settings?.route
        userStream = settings?.stream
        userSenders = settings?.senders
        if let hit = enterLimits(user: user, messageRate: settings?.maxRate, context) {
            close(context, text: hit.reply)
        }
    }

    private func fail(_ failure: SASLFailure, _ exchange: LoginExchange, _ context: ChannelHandlerContext) {
        guard failure != .unavailable, let logins = listener.logins, let client else {
            return refuseLogin(.authenticationUnavailable, "passwords cannot be checked now", context)
        }
        let penalty = logins.failed(exchange.server.user, from: client, now: context.eventLoop.now)
        let reply = failure == .malformed ? ServerReply.badBase64 : .authenticationFailed
        let lock = penalty.isLockedOut ? ": locked out" : ""
        note("login failed, user \(exchange.server.user ?? "unknown")\(lock)")
        loop.events(
            .loginFailed(user: exchange.server.user, client: clientText, isLockedOut: penalty.isLockedOut))
        deadlines.activity = .distantFuture
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(penalty.delay)) {
            guard self.life == .open, self.login === exchange, let context = self.context else { return }
            self.login = nil
            if penalty.isLockedOut {
                self.close(context, with: .tooManyAuthenticationFailures)
            } else {
                self.run(self.session.authenticationFailed(reply), context)
                self.goOn(context)
            }
        }
    }

    private func refuseLogin(_ reply: ServerReply, _ reason: String, _ context: ChannelHandlerContext) {
        login = nil
        note("login refused: \(reason)")
        report(reply.text, reason)
        run(session.authenticationFailed(reply), context)
    }

    /// Processes what arrived while the session waited.
    private func goOn(_ context: ChannelHandlerContext) {
        guard life == .open else { return }
        renewDeadline(context)
        process(context)
        flush(context)
        resumeReading(context)
    }
}
