internal import Mail
internal import Mailbox
internal import NIOCore
internal import SASL
internal import TLS

/// A session that is under way, whatever its protocol.
protocol VisitSession: AnyObject {
    var memory: MailboxMemory { get }
    var loginDelay: Duration? { get }
    func look()
    /// Ends the session soon.
    func leave()
}

/// Who has opened a session. Called on the event loop.
protocol VisitSessionOwner: AnyObject {
    func found(_ message: FoundMessage) -> Bool
    func looked(from began: Duration)
    func kept(_ error: MailboxError)
    /// Called once, last. `failure` is nil if the session ended as it should.
    func ended(_ session: any VisitSession, _ failure: SessionEnd)
}

/// How a session has ended.
enum SessionEnd {
    case asItShould
    case failed(VisitFailure)
    /// The account is to blame.
    case refused(VisitFailure, Credentials)
    /// A session that begins now has another token.
    case withOtherToken
}

/// Runs a ``MailboxVisit`` on a channel: octets, TLS, login and time. Confined to its event loop.
final class MailboxSession<Visit: MailboxVisit & ~Copyable>: ChannelInboundHandler, VisitSession {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Time for the end.
    private static var goodbye: TimeAmount { .seconds(2) }

    private let account: MailboxAccount
    private let access: VisitAccess
    private let ready: VisitAccess.Ready
    private let work: (MailboxSession, [UInt8], SASLAuthenticator) -> Void
    private let clock: () -> Duration
    private var visit: Visit
    private weak var owner: (any VisitSessionOwner)?
    private var context: ChannelHandlerContext?
    private var out: [UInt8] = []
    private var budget: OctetBudget
    private var login: LoginChoice?
    private var binding: ChannelBinding?
    private var timer: Scheduled<Void>?
    private var isPumping = false
    private var isLeaving = false
    private var hasEnded = false
    /// Why the response to a challenge was not found.
    private var challengeError: SASLError?

    init(
        _ visit: consuming Visit, _ account: MailboxAccount, _ access: VisitAccess, _ ready: VisitAccess.Ready,
        owner: any VisitSessionOwner, clock: @escaping () -> Duration,
        work: @escaping (MailboxSession, [UInt8], SASLAuthenticator) -> Void
    ) {
        self.visit = visit
        self.account = account
        self.access = access
        self.ready = ready
        self.owner = owner
        self.clock = clock
        self.work = work
        budget = OctetBudget(now: clock())
    }

    var memory: MailboxMemory { visit.memory }
    var loginDelay: Duration? { visit.loginDelay }

    // MARK: - Wishes

    func look() {
        guard !hasEnded else { return }
        visit.look(now: clock(), into: &out)
        pump()
    }

    func leave() {
        guard !hasEnded else { return }
        visit.leave(now: clock(), into: &out)
        pump()
        guard let context, !hasEnded else { return }
        isLeaving = true
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: Self.goodbye) { bound.value.end(.asItShould) }
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if account.tls == .implicit { addTLS() }
        pump()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connectionEnded()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        let buffer = unwrapInboundIn(data)
        guard budget.take(buffer.readableBytes, now: clock()) else {
            return fail(MailboxError(.protocol, .tooLarge, "the server sends more than any mailbox needs"))
        }
        visit.received(buffer.readableBytesView, now: clock(), into: &out)
        pump()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let done = event as? TLSHandshakeCompleted else { return context.fireUserInboundEventTriggered(event) }
        binding = done.details.exporter.map { ChannelBinding(exporter: $0) }
        visit.tlsEstablished(now: clock(), into: &out)
        pump()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            let isLasting = error.code == .untrusted
            return end(.failed(VisitFailure(cause: "TLS: \(error)", isLasting: isLasting)))
        }
        connectionEnded()
    }

    private func connectionEnded() {
        guard !hasEnded else { return }
        visit.connectionEnded()
        pump()
        end(.asItShould)
    }

    private func addTLS() {
        guard let context, let tls = ready.tls else { return }
        do {
            try context.pipeline.syncOperations.addHandler(
                TLSHandler(client: tls, serverName: access.serverName), position: .before(self))
        } catch {
            end(.failed(VisitFailure(cause: "TLS: \(error)", isLasting: false)))
        }
    }

    // MARK: - Events

    /// Runs what is to be done, until there is nothing left.
    private func pump() {
        guard !isPumping, context != nil else { return }
        isPumping = true
        while !hasEnded, let event = visit.next(now: clock(), into: &out) { handle(event) }
        isPumping = false
        flush()
        arm()
    }

    private func handle(_ event: VisitEvent) {
        switch event {
        case .startTLS:
            flush()
            addTLS()
        case .authenticate(let offer):
            login = LoginChoice(offer, ready.credentials, binding, allowsClearText: account.isClearAllowed)
            logIn(offer)
        case .challenge(let challenge):
            if let waiting = visit.waitingAuthenticator as? SASLAuthenticator { work(self, challenge, waiting) }
        case .loginRefused(let error): loginRefused(error)
        case .found(let message): visit.judge(isOurs: owner?.found(message) ?? false)
        case .looked(let began): owner?.looked(from: began)
        case .kept(let error): owner?.kept(error)
        case .over(nil): end(.asItShould)
        case .over(let error?): fail(error)
        }
    }

    private func fail(_ error: MailboxError) {
        end(.failed(VisitFailure(cause: error.description, isLasting: error.isLasting)))
    }

    private func end(_ end: SessionEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        timer?.cancel()
        flush()
        context?.close(promise: nil)
        owner?.ended(self, end)
    }

    private func flush() {
        guard let context, !out.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: out)), promise: nil)
        out = []
    }

    private func arm() {
        guard let context, !hasEnded, !isLeaving else { return }
        timer?.cancel()
        timer = nil
        guard let deadline = visit.deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        // Whole milliseconds of the clock, so that it is not early.
        let wait = TimeAmount.milliseconds(max(0, (deadline - clock()).wholeMilliseconds) + 1)
        timer = context.eventLoop.scheduleTask(in: wait) { bound.value.deadlineReached() }
    }

    private func deadlineReached() {
        timer = nil
        guard !hasEnded else { return }
        visit.deadlineReached(now: clock(), into: &out)
        pump()
    }

    // MARK: - The login

    private func logIn(_ offer: LoginOffer?) {
        switch login?.next() {
        case .command:
            visit.login(
                username: ready.credentials.username, password: ready.credentials.octets, now: clock(), into: &out)
        case .sasl(let mechanism): logIn(by: mechanism)
        case nil:
            let names = (offer?.mechanisms ?? []).joined(separator: " ")
            end(.failed(VisitFailure(cause: "the server offers no way to log in: \(names)", isLasting: true)))
        }
    }

    private func logIn(by mechanism: SASLMechanism) {
        do {
            let client = try SASLClient(
                mechanism, credentials: ready.credentials, binding: binding, nonce: SCRAMNonce(),
                keys: access.scramKeys)
            visit.authenticate(SASLAuthenticator(client, ready.credentials), now: clock(), into: &out)
        } catch {
            end(.failed(VisitFailure(cause: "\(error)", isLasting: true)))
        }
    }

    private func loginRefused(_ error: MailboxError) {
        let isAccount = error.kind == .authentication
        if isAccount, challengeError == nil, login?.hasNext == true { return logIn(nil) }
        if isAccount, access.replaces(ready.credentials) { return end(.withOtherToken) }
        let reason = challengeError.map { "\(error): \($0)" } ?? error.description
        let cause = isAccount ? "\(reason) (\(account.advice))" : reason
        let failure = VisitFailure(cause: cause, isLasting: error.isLasting)
        end(isAccount ? .refused(failure, ready.credentials) : .failed(failure))
    }

    /// The response to a challenge has been found, or not.
    func respond(_ result: Result<[UInt8], SASLError>, _ authenticator: SASLAuthenticator) {
        guard !hasEnded else { return }
        access.scramKeys = authenticator.client.scramKeys ?? access.scramKeys
        if case .failure(let error) = result { challengeError = error }
        visit.respond(try? result.get(), authenticator, now: clock(), into: &out)
        pump()
    }
}

extension MailboxError {
    /// Whether trying again is no use.
    var isLasting: Bool { kind == .authentication || [.noTLS, .unsupported, .noFolder].contains(code) }
}
