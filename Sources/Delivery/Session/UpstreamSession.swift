internal import Dialogue
internal import Mail
internal import NIOCore
internal import SASL
internal import SMTP
internal import Spool
internal import TLS
internal import Upstreams

/// One connection to an upstream: performs the actions of a ``ClientSession`` and the steps of a ``ContentStreamer``.
///
/// Confined to the delivery's event loop. Everything written in one turn goes out in one piece.
final class UpstreamSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Index of the upstream.
    let upstream: Int
    /// Where it is connected to.
    let address: SocketAddress
    weak var owner: (any UpstreamSessionOwner)?
    private let spool: any MessageSpool
    private let clock: () -> MonotonicInstant
    private var machine: ClientSession
    private var parser = ReplyParser()
    private var inbound = ByteBuffer()
    private(set) var outbound = ByteBuffer()
    /// Where traces hear what is said.
    var tap: DialogueTap
    /// Octets of ``outbound`` that they have heard.
    var traced = 0
    private(set) var context: ChannelHandlerContext?
    /// TLS and login.
    var security: SessionSecurity
    private(set) var jobs = SessionJobs()
    /// The content being sent.
    private var content: ContentStreamer?
    /// Content whose end waits for the record of its attempt.
    private var held: HeldEnd?
    /// Whether the server has begun another reply instead of waiting for the content it asked for.
    private var awaitsRefusal = false
    private(set) var hasEnded = false
    /// Whether the server has answered a command of a message since the last one had its result.
    private var hasAnsweredSinceResult = false
    /// Whether it had been open for a while when its first message came.
    private var hadRested = false
    /// Whether it is to get no further message.
    private(set) var isRetired = false
    /// Number of recipients that the server accepted in one transaction before it refused more; nil before.
    private var recipientLimit: Int?

    /// Transactions with a result.
    private(set) var completed = 0
    /// Those that were accepted.
    private(set) var taken = 0
    /// When the connection was requested.
    var began: MonotonicInstant
    private var watchdog: SessionWatchdog
    private let meter: UpstreamMeter
    private var phases: PhaseClock

    init(
        hostname: String, upstream: Int, address: SocketAddress, access: UpstreamAccess,
        limits: SessionWatchdog.Limits, meter: UpstreamMeter = .unused, owner: any UpstreamSessionOwner,
        spool: any MessageSpool, traces: TraceHub = .unused, clock: @escaping () -> MonotonicInstant
    ) {
        self.tap = DialogueTap(traces)
        self.address = address
        self.security = SessionSecurity(access, now: clock())
        self.upstream = upstream
        self.owner = owner
        self.spool = spool
        self.clock = clock
        self.machine = ClientSession(hostname: hostname, security: security.policy, pipelines: false)
        self.began = clock()
        self.watchdog = SessionWatchdog(limits, now: began)
        self.meter = meter
        self.phases = PhaseClock(meter, now: began)
        if tap.isDue, tap.look({ party }) { note("connecting to \(address.hostAndPort)") }
    }

    /// Whether the greeting is complete, so that the server accepts mail.
    var isGreeted: Bool { machine.isReady }
    var hasRoom: Bool { !hasEnded && machine.hasRoom }
    var isIdle: Bool { machine.isIdle }
    /// Whether a message has had its result before the last reply to its commands.
    var isSettling: Bool { machine.settlingToken != nil }
    /// Whether commands are sent together.
    var pipelines: Bool { machine.usesPipelining }
    /// Whether the server would let them.
    var offersPipelining: Bool { machine.capabilities.pipelining }
    /// Whether the server owes the reply to a command that was sent behind another one, which it has answered.
    var isBehindGroup: Bool { machine.isBehindGroup }
    var phase: ClientPhase { machine.phase }
    /// The transaction that the awaited reply is about, that whose commands were written last, and that whose content.
    var tokens: (answered: Int?, written: Int?, content: Int?) {
        (machine.answeredToken, machine.writtenToken, machine.contentToken)
    }
    /// Negotiated TLS parameters on one line; nil in clear text.
    var tlsSummary: String? { security.tlsSummary }
    /// The mechanisms that the server offers for a login.
    var offeredMechanisms: [String] { machine.capabilities.authMechanisms }
    /// Maximum messages that the server accepts in this session.
    var transactionLimit: Int { isRetired ? 0 : machine.capabilities.limits.transactions ?? .max }
    /// What it had been through before the message that has just had its result.
    var standing: SessionStanding { completed <= 1 ? .new : hasEnded ? .ended : .used }
    /// Transactions given to this session.
    var started: Int { jobs.started }
    var jobCount: Int { jobs.count }
    var firstJob: DeliveryJob? { jobs.first }

    func forEachJob(_ body: (DeliveryJob) -> Void) { jobs.forEach(body) }
    func allJobs(_ isTrue: (DeliveryJob) -> Bool) -> Bool { jobs.allSatisfy(isTrue) }

    /// Whether the server reports deliveries by itself (RFC 3461).
    var offersDSN: Bool { machine.capabilities.dsn }

    /// What this session can do for a message.
    ///
    /// - Parameter limit: recipients per transaction that the upstream takes in any session, as far as known.
    func offer(of upstream: String, recipients limit: Int?) -> TransactionPlan.Offer {
        var capabilities = machine.capabilities
        if let recipientLimit = [recipientLimit, limit].compactMap(\.self).min() {
            capabilities.limits.recipients = min(recipientLimit, capabilities.limits.recipients ?? .max)
        }
        return TransactionPlan.Offer(
            upstream: upstream, hostname: machine.hostname, capabilities: capabilities,
            isVerified: security.isVerified, downgradesEightBit: security.access.downgradesEightBit)
    }

    /// The server has refused recipients beyond this number in one transaction: later ones are no larger.
    func learnRecipientLimit(_ count: Int) {
        guard count > 0 else { return }
        recipientLimit = min(count, recipientLimit ?? .max)
    }

    // MARK: - Requests

    func start(_ job: DeliveryJob, _ plan: TransactionPlan, now: MonotonicInstant) {
        lookForTraces()
        if machine.isIdle {
            if jobs.started == 0 { hadRested = now - watchdog.waitingSince >= SessionLength.promptness }
            watchdog.progressed(at: now)
            phases.envelopeStarted(now: now)
        }
        let front = FrontHeader(
            job.message, plan.added, for: security.access.provider, limit: machine.capabilities.maxSize)
        let token = jobs.add(job, front, plan.form)
        if let feed = tap.feed { began(token, job, recipients: plan.taken, feed) }
        let options = plan.taken.map { job.message.recipients[$0].options }
        let transaction = ClientTransaction(
            token: token, sender: plan.sender, recipients: plan.addresses, body: plan.form.body,
            size: job.message.size + front.octets, announcesSize: plan.form != .downgraded,
            options: plan.options, recipientOptions: options.contains { $0 != .none } ? options : [])
        machine.startTransaction(transaction, into: &outbound)
        writeOutbound()
    }

    /// It gets no further message.
    func retire() { isRetired = true }

    /// Releases the messages queued after one whose final dot was written, so that they can go elsewhere; if the server
    /// asks for their content after all, the session ends.
    func releaseUndotted(where mayGo: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        let dotted = Set(machine.unfinished.filter(\.dotWritten).map(\.token))
        guard !dotted.isEmpty else { return [] }
        return jobs.removeAll { !dotted.contains($0.token) && mayGo($0.job) }.map(\.job)
    }

    /// Whether its next messages are pipelined; only for an idle session.
    func setPipelining(_ pipelines: Bool) { machine.setPipelining(pipelines) }

    /// Sends NOOP when idle; its owner is told that the session is ready once the reply arrives.
    ///
    /// - Parameter isGroup: whether RSET goes before it in the same write, if the server offers PIPELINING.
    func probe(isGroup: Bool) {
        lookForTraces()
        watchdog.progressed(at: clock())
        machine.probe(isGroup: isGroup, into: &outbound)
        writeOutbound()
    }

    /// Sends NOOP again, where the one behind RSET has been dropped.
    func repeatProbe() {
        lookForTraces()
        watchdog.progressed(at: clock())
        machine.repeatProbe(into: &outbound)
        writeOutbound()
    }

    /// Sends QUIT when idle; the end is reported as a failure without jobs.
    func quit() {
        lookForTraces()
        watchdog.progressed(at: clock())
        machine.quit(into: &outbound)
        writeOutbound()
    }

    // MARK: - Silence

    private var turn: SessionWatchdog.Turn {
        if security.isBusy || machine.phase == .content && !awaitsRefusal && content?.isReading ?? true { return .ours }
        if machine.isIdle { return .nobody }
        return machine.isBehindGroup || machine.awaitsNoResult ? .group(machine.phase) : .server(machine.phase)
    }

    /// Whether the server cannot be blamed for its silence.
    var isOurTurn: Bool { turn == .ours }

    func sinceLastResult(now: MonotonicInstant) -> Duration { watchdog.sinceLastResult(now: now) }

    /// When the server last made progress, or was first asked to.
    var waitingSince: MonotonicInstant { watchdog.waitingSince }
    /// The longest silence before the session accepted mail.
    var openingSilence: Duration { watchdog.openingSilence }
    /// When the server last sent anything.
    var lastHeard: MonotonicInstant { watchdog.lastHeard }
    /// When it sends QUIT unless it gets something to do; nil while something is in progress.
    var idleUntil: MonotonicInstant? { isIdle ? watchdog.deadline(turn, canLeave: { false }) : nil }

    /// Whether the server has owed a reply for longer than its patience.
    func isSilent(now: MonotonicInstant) -> Bool { watchdog.isSilent(turn, now: now) }

    /// Whether it has owed a reply that commits nothing for longer than half of its patience.
    func isLate(now: MonotonicInstant) -> Bool { watchdog.isLate(turn, now: now) }

    func silenceAfterDot(now: MonotonicInstant) -> SessionWatchdog.SilenceAfterDot? {
        watchdog.silenceAfterDot(turn, now: now)
    }

    func overdue(now: MonotonicInstant, canLeave: () -> Bool) -> SessionWatchdog.Overdue? {
        // A server that says nothing is what a trace may be about.
        lookForTraces()
        return watchdog.overdue(turn, now: now, canLeave: canLeave)
    }

    /// How long its greeting may take, if the mail can go elsewhere.
    func setOpeningPatience(_ patience: Duration) { watchdog.setOpening(patience) }

    // MARK: - TLS and AUTH

    func mayUpgrade(unprocessed: Int) -> Bool {
        machine.mayUpgrade(unprocessed: unprocessed)
    }

    /// The credentials are there: the time that they took is not the server's.
    func resumed() { watchdog.resumed(at: clock()) }

    func authenticate(mechanism: String, initialResponse: [UInt8]?) {
        lookForTraces()
        watchdog.progressed(at: clock())
        machine.authenticate(mechanism: mechanism, initialResponse: initialResponse, into: &outbound)
        writeOutbound()
    }

    /// - Parameter response: nil cancels.
    func respond(_ response: [UInt8]?) {
        lookForTraces()
        watchdog.progressed(at: clock())
        machine.respond(response, into: &outbound)
        traceResponse()
        writeOutbound()
    }

    // MARK: - Content

    /// Sends the requested content; the attempt is durable now.
    func sendContent(of job: DeliveryJob) {
        guard !hasEnded, context != nil, let entry = jobs.entry(of: job) else { return }
        lookForTraces()
        traceCommands()
        watchdog.progressed(at: clock())
        content = ContentStreamer(
            job.content, form: entry.form, size: job.message.size + entry.front.octets)
        let front = entry.front.wireForm(for: accepted(of: job))
        if let step = content?.start(front: front, into: &outbound) { run(step, of: job) }
    }

    /// The recipients that the server accepts the content for.
    private func accepted(of job: DeliveryJob) -> [Address] {
        let refused = Set(machine.contentRefusals.map(\.recipient))
        return job.pending.enumerated().filter { !refused.contains($0.offset) }
            .map { job.message.recipients[$0.element].address }
    }

    private func run(_ step: ContentStreamer.Step, of job: DeliveryJob) {
        traceContent()
        switch step {
        case .write(let parts):
            for part in parts { trace(content: part) }
            write(parts, of: job)
        case .read(let reader):
            writeOutbound()
            read(reader, of: job)
        case .finish(let last):
            content = nil
            guard job.isRecorded else { return hold(last, of: job) }
            phases.dotWritten(now: watchdog.waitingSince)
            finishContent(of: job, last)
        case .mismeasured:
            contentFailed(
                job, SpoolError(.inputOutput, "the content of \(job.id) is not as long as its record says"))
        }
    }

    /// - Parameter last: the octet that ends it; nil for the final dot.
    private func finishContent(of job: DeliveryJob, _ last: UInt8?) {
        spool.noteFinalDot(of: job.id)
        if let last {
            outbound.writeInteger(last)
            traceContent()
        }
        traceEndOfContent()
        machine.finishContent(into: &outbound)
        writeOutbound()
    }

    /// Writes parts, and continues once the connection has accepted them: that is progress.
    private func write(_ parts: [ByteBuffer], of job: DeliveryJob) {
        guard let context, let last = parts.last else { return }
        writeOutbound(flush: false)
        for part in parts.dropLast() { context.write(wrapOutboundOut(part), promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.contentTaken(of: job) }
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }

    private func contentTaken(of job: DeliveryJob) {
        guard !hasEnded else { return }
        lookForTraces()
        watchdog.progressed(at: clock())
        if let step = content?.next(into: &outbound) { run(step, of: job) }
    }

    private func read(_ reader: ContentReader, of job: DeliveryJob) {
        guard let context else { return }
        let bound = NIOLoopBound((self, job), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        spool.read(reader) { result in
            eventLoop.execute {
                let (session, job) = bound.value
                session.contentRead(result, of: job)
            }
        }
    }

    private func contentRead(_ result: Result<ContentPart, SpoolError>, of job: DeliveryJob) {
        guard !hasEnded, context != nil else { return }
        watchdog.progressed(at: clock())
        switch result {
        case .failure(let error): contentFailed(job, error)
        case .success(let part): if let step = content?.partRead(part) { run(step, of: job) }
        }
    }

    private func contentFailed(_ job: DeliveryJob, _ error: SpoolError) {
        outbound.clear()
        traced = 0
        jobs.remove(job)
        owner?.session(self, couldNotRead: job, error)
        end(.contentUnreadable(job.id))
    }

    // MARK: - The end of content that is recorded at its dot

    /// The content is with the server: what ends it goes once the attempt is on record.
    private func hold(_ last: UInt8?, of job: DeliveryJob) {
        held = HeldEnd(job: job, last: last)
        phases.contentSent(now: watchdog.waitingSince)
        if last == nil { traceEndOfContent() }
        noteHeldEnd()
        writeOutbound()
        owner?.session(self, wantsRecordOf: job, refused: machine.contentRefusals.map(\.recipient))
    }

    /// Ends the content that has been sent; the attempt is durable now.
    func endContent(of job: DeliveryJob) {
        guard !hasEnded, context != nil, let held, held.job === job else { return }
        lookForTraces()
        self.held = nil
        watchdog.wentOn(at: clock())
        phases.recorded(now: watchdog.waitingSince)
        finishContent(of: job, held.last)
    }

    /// Whether the server may have given up waiting for the end of the content.
    private var hasTriedPatience: Bool {
        held != nil && clock() - watchdog.waitingSince >= HeldEnd.patience
    }

    // MARK: - Replies

    private func handleReplies() {
        do {
            while !hasEnded, let reply = try nextReply() {
                handle(reply)
            }
        } catch {
            let phase = machine.phase
            // The text may contain the beginning of an echoed secret, which is not found as a whole.
            let text =
                security.isLoggingIn ? "what the server sent is not an SMTP reply" : security.concealed("\(error)")
            takeUnfinishedReply()
            end(SessionFailure(.notSMTP(text), at: phase))
        }
        writeOutbound()
    }

    private func nextReply() throws(ReplySyntaxError) -> Reply? {
        guard tap.isDue else { return try parser.next(&inbound) }
        lookForTraces()
        let before = inbound
        defer { traceReply(before, rest: inbound.readableBytes) }
        return try parser.next(&inbound)
    }

    private func handle(_ received: Reply) {
        let hasGivenUp = hasTriedPatience && received.kind == .transient
        // A complete reply is progress; an occasional octet is not.
        watchdog.progressed(at: clock())
        let (phase, isAboutNone, settling) = (machine.phase, machine.awaitsNoResult, machine.settlingToken)
        let reply = security.concealed(received, at: phase)
        let action = machine.replyReceived(reply, into: &outbound)
        traceCommands()
        phases.answered(phase, now: watchdog.waitingSince)
        if isAboutNone { noteSettled(settling) } else { noteAnswer(at: phase, action) }
        switch action {
        case .none:
            break
        case .ready:
            guard completeLogin() else { return }
            watchdog.opened()
            phases.opened()
            owner?.sessionReady(self)
        case .startTLS:
            startTLS(unprocessed: inbound.readableBytes)
        case .authenticate:
            logIn()
        case .loginRefused(let reply):
            loginRefused(reply)
        case .challenge(let challenge):
            answer(challenge)
        case .unavailable(let phase, let reason):
            refused(.unavailable(security.concealed(reason)), at: phase)
        case .sendContent(let token):
            guard let job = jobs.job(of: token) else { return end(.messageGone) }
            phases.contentWanted(now: watchdog.waitingSince)
            // What was sent before any content cannot accept it: only a refusal has a meaning there.
            awaitsRefusal = !ReplyParser.isBlank(inbound)
            if !awaitsRefusal { owner?.session(self, wantsContentOf: job) }
        case .finished(let result):
            finish(result)
        case .finishedAndClosing(_, let reply) where hasGivenUp:
            end(SessionFailure(.refused(reply.description), at: .content, reply: reply, fault: .nobody))
        case .finishedAndClosing(let result, let reply):
            finish(result)
            end(SessionFailure(.refused(reply.description), at: .dot, reply: reply, fault: .spent))
        case .refused(let phase, let reply):
            let reply = security.concealed(reply)
            refused(.refused(reply.description), at: phase, reply)
        case .outOfStep(let phase, let reply):
            end(SessionFailure(.unexpectedReply(security.concealed("\(reply)")), at: phase, fault: .spent))
        case .confused(let phase, let reply):
            end(SessionFailure(.unexpectedReply(security.concealed("\(reply)")), at: phase))
        case .goodbye:
            end(SessionFailure(.goodbye, at: .quit))
        }
    }

    /// A reply that ends the session answers nothing, whatever command it came upon.
    private func noteAnswer(at phase: ClientPhase, _ action: ClientSession.ReplyAction) {
        switch (phase, action) {
        case (_, .refused), (_, .unavailable), (_, .outOfStep), (_, .confused), (_, .goodbye): break
        case (.mail, _), (.rcpt, _), (.data, _), (.content, _), (.dot, _): hasAnsweredSinceResult = true
        case (.connect, _), (.banner, _), (.ehlo, _), (.startTLS, _), (.tls, _), (.auth, _), (.idle, _), (.rset, _),
            (.noop, _), (.quit, _):
            break
        }
    }

    /// Once the server has caught up, what comes is about the next message, and takes its time from here.
    ///
    /// - Parameter token: the transaction that had its result before its last reply, if any.
    private func noteSettled(_ token: Int?) {
        if let token, machine.settlingToken == nil { tap.feed?.ended(token) }
        guard !machine.awaitsNoResult else { return }
        phases.envelopeStarted(now: watchdog.waitingSince)
        watchdog.settled(now: watchdog.waitingSince)
    }

    /// A server that refuses our login rejects the account, and so everything we would send.
    private func refused(_ what: SessionFailure.What, at phase: ClientPhase, _ reply: Reply? = nil) {
        let fault = phase == .auth ? .account : isStale ? .nobody : recipientsFault(phase)
        end(SessionFailure(what, at: phase, reply: reply, fault: fault))
    }

    private func finish(_ result: TransactionResult) {
        if !isSettling { tap.feed?.ended(result.token) }
        phases.resultReceived(isOfDot: result.isDotSent, now: watchdog.waitingSince)
        guard let job = jobs.remove(token: result.token) else {
            // The message has gone elsewhere; there may be room for another one now.
            owner?.sessionReady(self)
            return
        }
        completed += 1
        if result.dotReply?.kind == .positive { taken += 1 }
        hasAnsweredSinceResult = false
        let took = watchdog.transactionFinished(began: job.attemptBegan, now: watchdog.waitingSince)
        owner?.session(self, finished: job, result, took: took)
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        note("connected to \(address.hostAndPort)")
        watchdog.progressed(at: clock())
        phases.connected(began: began, now: watchdog.waitingSince)
        if security.policy.tls == .implicit, !hasEnded { insertTLS() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        watchdog.progressed(at: clock())
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var received = unwrapInboundIn(data)
        if inbound.readableBytes == 0 {
            inbound = received
        } else {
            inbound.writeBuffer(&received)
        }
        watchdog.heard(at: clock())
        handleReplies()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let completed = event as? TLSHandshakeCompleted else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard !hasEnded else { return }
        security.established(completed.details)
        lookForTraces()
        noteTLS()
        watchdog.progressed(at: clock())
        phases.encrypted(version: completed.details.version, now: watchdog.waitingSince)
        machine.tlsEstablished(into: &outbound)
        writeOutbound()
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let shortage = OwnShortage.reason(error) {
            return end(SessionFailure(.shortage(shortage), at: machine.phase))
        }
        lost(error is TLSError ? .tls("\(error)") : .connectionLost("\(error)"))
    }

    private func writeOutbound(flush: Bool = true) {
        guard let context, outbound.readableBytes > 0 else { return }
        traceCommands()
        traced = 0
        let octets = outbound
        outbound = context.channel.allocator.buffer(capacity: 256)
        if flush {
            context.writeAndFlush(wrapOutboundOut(octets), promise: nil)
        } else {
            context.write(wrapOutboundOut(octets), promise: nil)
        }
    }

    // MARK: - End

    /// Ends the session without a word to its owner.
    func abandon() {
        owner = nil
        end(.checkOver)
    }

    /// Ends the session from our side, at its current phase.
    func end(_ what: SessionFailure.What) {
        if machine.phase == .dot { takeUnfinishedReply() }
        let mayHaveDropped = what.isSilence && machine.isBehindGroup
        end(SessionFailure(what, at: machine.phase, fault: mayHaveDropped ? .pipelining : nil))
    }

    private func lost(_ what: SessionFailure.What) {
        let hasGivenUp = hasTriedPatience
        takeUnfinishedReply()
        // A server may close the connection once it has refused a login: the next session tries the other mechanism, or
        // has the other token.
        let isNobodys = isStale || security.hasAlternativeLogin || hasGivenUp
        let fault = !machine.isInStep ? .spent : isNobodys ? .nobody : recipientsFault(machine.phase)
        end(SessionFailure(what, at: machine.phase, fault: fault))
    }

    private func recipientsFault(_ phase: ClientPhase) -> SessionFailure.Fault? {
        guard phase == .rcpt, let progress = machine.envelopeProgress else { return nil }
        return .recipients(answered: progress.answered, of: progress.recipients)
    }

    /// What the server had begun to say when the session ended counts if it is a refusal, or the answer to a final dot.
    private func takeUnfinishedReply() {
        guard !hasEnded else { return }
        lookForTraces()
        traceUnfinishedReply(inbound)
        guard !machine.awaitsNoResult, let reply = parser.unfinished(&inbound) else { return }
        if machine.phase == .dot || reply.kind == .transient || reply.kind == .permanent { handle(reply) }
    }

    /// A working session that the server ended behind a result: after it had been idle, which shows only when the next
    /// envelope is written, or after as many messages as it takes in a session. A 421 as the first answer means the same
    /// (RFC 5321 section 3.8). One that was opened in advance, and lay idle before its first message, is no different.
    private var isStale: Bool { (completed > 0 || hadRested) && !hasAnsweredSinceResult }

    func end(_ failure: SessionFailure) {
        guard !hasEnded else { return }
        lookForTraces()
        hasEnded = true
        var failure = failure
        traceEnd(failure)
        if failure.phase == .tls, failure.fault != .ours { meter.shookHands(nil) }
        failure.standing = completed > (failure.fault == .spent ? 1 : 0) ? .ended : .new
        // An end after one message's result says nothing about the next.
        failure.isBehindResult = machine.awaitsNoResult
        if finishRefused(), failure.fault == .upstream { failure = failure.blaming(.nobody) }
        if failure.isBehindResult, failure.fault == .upstream { failure = failure.blaming(.spent) }
        let dotted = machine.unfinished.filter(\.dotWritten)
        let inDoubt = jobs.removeAll { entry in dotted.contains { $0.token == entry.token } }
        let others = jobs.removeAll()
        content = nil
        held = nil
        let doubts = inDoubt.map { entry in
            (entry.job, dotted.first { $0.token == entry.token }?.refusals ?? [])
        }
        context?.close(promise: nil)
        owner?.sessionEnded(self, failure, jobs: others.map(\.job), inDoubt: doubts)
    }

    /// A message whose MAIL was refused has its result, although the replies to its other commands are missing.
    ///
    /// - Returns: whether there was one.
    private func finishRefused() -> Bool {
        let refused = machine.unfinished.first { $0.mailRefusal != nil }
        guard let refused else { return false }
        var result = TransactionResult(token: refused.token)
        result.mailRefusal = refused.mailRefusal
        finish(result)
        return true
    }
}
