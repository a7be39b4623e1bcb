internal import Mail
internal import NIOCore
internal import SASL
internal import SMTP
internal import Spool
internal import TLS
internal import Upstreams

/// Why a session ended.
struct SessionFailure {
    let phase: ClientPhase
    /// The reply that refused to go on, if there was one.
    let reply: Reply?
    /// One line for the log.
    let reason: String
    /// Whether the other side closed a session that had worked, before it answered anything new.
    let isStale: Bool
    /// Whether the cause lies on our side: a shutdown, or a spool that could not be written or read.
    var isOurs = false
    /// Whether the circuit opens because of this alone: our account is refused.
    var opensCircuit = false
}

/// The one who gives work to sessions and hears of their ends.
protocol UpstreamSessionOwner: AnyObject {
    func sessionReady(_ session: UpstreamSession)
    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob)
    func session(_ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult)
    /// The content could not be read back; the session has been ended before the final dot.
    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError)
    /// The session is over; `jobs` have no result, `inDoubt` of them have had their final dot written.
    ///
    /// - Parameter inDoubt: with the recipients that had been refused before, by position in the transaction.
    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])])
}

/// One connection to an upstream: runs the actions of a ``ClientSession``.
///
/// Confined to the delivery's event loop. All that a turn writes goes out in one piece; small content is copied into it,
/// large content is written part by part, as the connection takes it.
final class UpstreamSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Content up to this size is copied behind the commands; a copy costs less than another entry in a gathered write.
    private static let copyLimit = 32 << 10
    /// Octets of larger content that are handed to the connection at a time.
    private static let batchSize = 128 << 10

    /// Index of the upstream.
    let upstream: Int
    private weak var owner: (any UpstreamSessionOwner)?
    private let spool: any MessageSpool
    private let clock: () -> MonotonicInstant
    private var machine: ClientSession
    private var parser = ReplyParser()
    private var inbound = ByteBuffer()
    private(set) var outbound = ByteBuffer()
    private(set) var context: ChannelHandlerContext?
    /// How sessions of this upstream get in.
    let access: UpstreamAccess
    private let policy: ClientSecurity
    /// What TLS came to; nil in clear text.
    private(set) var tls: TLSConnectionDetails?
    /// The same on one line, for the ledger and the log.
    private(set) var tlsSummary: String?
    /// The login that is under way.
    var login: UpstreamLogin?
    /// Whether something is being read or computed beside the event loop that the session waits for.
    var isBusy = false
    private var jobs: [(token: Int, job: DeliveryJob, identity: IdentityHeader?, form: TransactionPlan.Form)] = []
    private var nextToken = 0
    private(set) var hasEnded = false
    private var hasAnsweredSinceStart = false

    /// Transactions that came to a result.
    private(set) var completed = 0
    /// Transactions given to this session.
    private(set) var started = 0
    /// When the other side last did something, or was first asked to.
    private(set) var lastProgress: MonotonicInstant
    /// When the connection was asked for.
    let began: MonotonicInstant
    /// Whether its silence after a final dot has been counted as a failure.
    var isSilenceCounted = false
    /// When the other side last said anything, the connection included.
    private(set) var lastHeard = MonotonicInstant.longAgo

    init(
        hostname: String, upstream: Int, access: UpstreamAccess, owner: any UpstreamSessionOwner,
        spool: any MessageSpool, clock: @escaping () -> MonotonicInstant
    ) {
        self.access = access
        self.policy = access.policy(now: clock())
        self.upstream = upstream
        self.owner = owner
        self.spool = spool
        self.clock = clock
        self.machine = ClientSession(hostname: hostname, security: policy)
        self.began = clock()
        self.lastProgress = began
    }

    /// Whether the server has greeted us to the end, so that it takes mail.
    var isGreeted: Bool { machine.isReady }
    var hasRoom: Bool { !hasEnded && machine.hasRoom }
    var isIdle: Bool { machine.isIdle }
    var phase: ClientPhase { machine.phase }
    /// Recipients that the server has taken in one transaction when it refused more; nil before.
    private var recipientLimit: Int?
    /// Messages that the server takes in this session.
    var transactionLimit: Int { machine.capabilities.limits.transactions ?? .max }
    var jobCount: Int { jobs.count }

    var firstJob: DeliveryJob? { jobs.first?.job }

    func forEachJob(_ body: (DeliveryJob) -> Void) {
        for entry in jobs { body(entry.job) }
    }

    func allJobs(_ isTrue: (DeliveryJob) -> Bool) -> Bool {
        jobs.allSatisfy { isTrue($0.job) }
    }

    /// Whether the next move is ours (the spool's), so that the other side cannot be blamed for silence.
    var waitsForUs: Bool {
        isBusy || machine.phase == .content && (!isSendingContent || isReadingContent)
    }
    private var isSendingContent = false
    /// The content that is being sent, where it goes by BDAT.
    private var chunk: ChunkContent?
    /// The same, where it is made 7-bit.
    private var downgraded: DowngradedContent?
    /// Whether a part of the content is being read from disk.
    private var isReadingContent = false

    // MARK: - Wishes

    func start(_ job: DeliveryJob, _ carriage: TransactionPlan, now: MonotonicInstant) {
        if machine.isIdle {
            lastProgress = now
            hasAnsweredSinceStart = false
        }
        nextToken += 1
        started += 1
        let identity = IdentityHeader(job.message, for: access.provider, limit: machine.capabilities.maxSize)
        jobs.append((nextToken, job, identity, carriage.form))
        let options = carriage.taken.map { job.message.recipients[$0].options }
        let transaction = ClientTransaction(
            token: nextToken, sender: carriage.sender, recipients: carriage.addresses, body: carriage.form.body,
            size: job.message.size + (identity?.octets ?? 0), announcesSize: carriage.form != .downgraded,
            options: job.message.options,
            recipientOptions: options.contains { $0 != .none } ? options : [])
        machine.startTransaction(transaction, into: &outbound)
        writeOutbound()
    }

    /// What this session can do for a message.
    func offer(of upstream: String) -> TransactionPlan.Offer {
        var capabilities = machine.capabilities
        if let recipientLimit {
            capabilities.limits.recipients = min(recipientLimit, capabilities.limits.recipients ?? .max)
        }
        return TransactionPlan.Offer(
            upstream: upstream, hostname: machine.hostname, capabilities: capabilities,
            isVerified: tls != nil && access.verifies, downgradesEightBit: access.downgradesEightBit)
    }

    /// The server has refused recipients beyond this number in one transaction: the next ones are no larger.
    func learnRecipientLimit(_ count: Int) {
        guard count > 0 else { return }
        recipientLimit = min(count, recipientLimit ?? .max)
    }

    // MARK: - TLS and AUTH

    func mayUpgrade(unprocessed: Int) -> Bool {
        machine.mayUpgrade(unprocessed: unprocessed)
    }

    func authenticate(mechanism: String, initialResponse: [UInt8]?) {
        lastProgress = clock()
        machine.authenticate(mechanism: mechanism, initialResponse: initialResponse, into: &outbound)
        writeOutbound()
    }

    /// - Parameter response: nil cancels.
    func respond(_ response: [UInt8]?) {
        lastProgress = clock()
        machine.respond(response, into: &outbound)
        writeOutbound()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let completed = event as? TLSHandshakeCompleted else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard !hasEnded else { return }
        tls = completed.details
        tlsSummary = completed.details.summary
        lastProgress = clock()
        machine.tlsEstablished(into: &outbound)
        writeOutbound()
    }

    /// Sends the content that the owner was asked for; the attempt is durable now.
    func sendContent(of job: DeliveryJob) {
        guard !hasEnded, context != nil else { return }
        isSendingContent = true
        let entry = jobs.first { $0.job === job }
        let identity = entry?.identity
        let size = job.message.size + (identity?.octets ?? 0)
        chunk = entry?.form.body == .binaryMIME ? ChunkContent(size: size) : nil
        downgraded = entry?.form == .downgraded ? DowngradedContent() : nil
        lastProgress = clock()
        if let identity {
            guard let octets = wireForm(of: identity.wireForm(for: accepted(of: job)), job) else { return }
            outbound.writeImmutableBuffer(octets)
        }
        switch job.content {
        case .resident(let content) where content.octets <= Self.copyLimit:
            for part in content.parts {
                guard let octets = wireForm(of: part, job) else { return }
                outbound.writeImmutableBuffer(octets)
            }
            if let rest = downgraded?.rest() { outbound.writeImmutableBuffer(rest) }
            finishContent(of: job)
        case .resident(let content):
            writeOutbound(flush: false)
            writeParts(content.parts[...], of: job)
        case .stored(let reader):
            writeOutbound()
            readNext(reader.fromStart(), of: job)
        }
    }

    /// The recipients that the server takes the content for.
    private func accepted(of job: DeliveryJob) -> [Address] {
        let refused = Set(machine.contentRefusals.map(\.recipient))
        return job.pending.enumerated().filter { !refused.contains($0.offset) }
            .map { job.message.recipients[$0.element].address }
    }

    private func finishContent(of job: DeliveryJob) {
        if let chunk {
            guard let last = chunk.last else { return mismeasured(job) }
            outbound.writeInteger(last)
        }
        isSendingContent = false
        chunk = nil
        downgraded = nil
        spool.noteFinalDot(of: job.id)
        machine.finishContent(into: &outbound)
        writeOutbound()
    }

    /// A part of the content as it goes out: as it is stored for DATA, made 7-bit where the server takes nothing else, without
    /// its stuffing for BDAT. Nil when it would be more than was announced, with which the session has ended.
    private func wireForm(of part: ByteBuffer, isLast: Bool = false, _ job: DeliveryJob) -> ByteBuffer? {
        guard chunk != nil else { return downgraded == nil ? part : downgradedForm(of: part, isLast: isLast) }
        if let octets = chunk?.next(part) { return octets }
        mismeasured(job)
        return nil
    }

    private func downgradedForm(of part: ByteBuffer, isLast: Bool) -> ByteBuffer? {
        var octets = downgraded?.next(part)
        if isLast, let rest = downgraded?.rest() { octets?.writeImmutableBuffer(rest) }
        return octets
    }

    private func mismeasured(_ job: DeliveryJob) {
        let error = SpoolError(.inputOutput, "the content of \(job.id) is not as long as its record says")
        contentFailed(job, error)
    }

    private func contentFailed(_ job: DeliveryJob, _ error: SpoolError) {
        outbound.clear()
        jobs.removeAll { $0.job === job }
        owner?.session(self, couldNotRead: job, error)
        end("content of \(job.id) could not be read", isOurs: true)
    }

    /// Lets go of the messages that wait behind one whose final dot was written, so that they can go elsewhere; when the
    /// server should ask for their content after all, the session ends.
    func releaseUndotted(where mayGo: (DeliveryJob) -> Bool) -> [DeliveryJob] {
        let dotted = Set(machine.unfinished.filter(\.dotWritten).map(\.token))
        guard !dotted.isEmpty else { return [] }
        let released = jobs.filter { !dotted.contains($0.token) && mayGo($0.job) }
        jobs.removeAll { entry in released.contains { $0.token == entry.token } }
        return released.map(\.job)
    }

    /// Asks for a sign of life when nothing is under way; its owner hears that the session is ready when there is one.
    func probe() {
        lastProgress = clock()
        machine.probe(into: &outbound)
        writeOutbound()
    }

    /// Says goodbye when nothing is under way; the end comes as a failure without jobs.
    func quit() {
        lastProgress = clock()
        machine.quit(into: &outbound)
        writeOutbound()
    }

    /// Ends the session from our side.
    func end(_ reason: String, isOurs: Bool = false) {
        end(SessionFailure(phase: machine.phase, reply: nil, reason: concealed(reason), isStale: false, isOurs: isOurs))
    }

    // MARK: - Stored content

    private func readNext(_ reader: ContentReader, of job: DeliveryJob) {
        guard let context else { return }
        let bound = NIOLoopBound((self, job), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        isReadingContent = true
        spool.read(reader) { result in
            eventLoop.execute {
                let (session, job) = bound.value
                session.contentRead(result, reader, of: job)
            }
        }
    }

    private func contentRead(_ result: Result<ContentPart, SpoolError>, _ reader: ContentReader, of job: DeliveryJob) {
        isReadingContent = false
        guard !hasEnded, context != nil else { return }
        lastProgress = clock()
        switch result {
        case .failure(let error):
            contentFailed(job, error)
        case .success(let part):
            guard let octets = wireForm(of: part.bytes, isLast: part.isLast, job) else { return }
            write(octets, of: job) { session in
                if part.isLast { session.finishContent(of: job) } else { session.readNext(reader, of: job) }
            }
        }
    }

    // MARK: - Large content

    /// Writes parts in batches; the final dot is written only when the connection has taken all that is before it, so
    /// that a server which stops reading half-way leaves no doubt.
    private func writeParts(_ parts: ArraySlice<ByteBuffer>, of job: DeliveryJob) {
        guard let context else { return }
        var rest = parts
        var octets = 0
        while let part = rest.first, rest.count > 1, octets + part.readableBytes < Self.batchSize {
            guard let wire = wireForm(of: part, job) else { return }
            context.write(wrapOutboundOut(wire), promise: nil)
            octets += part.readableBytes
            rest = rest.dropFirst()
        }
        guard let part = rest.popFirst() else { return finishContent(of: job) }
        guard let last = wireForm(of: part, isLast: rest.isEmpty, job) else { return }
        let left = rest
        write(last, of: job) { session in
            if left.isEmpty { session.finishContent(of: job) } else { session.writeParts(left, of: job) }
        }
    }

    /// Writes a part, and goes on when the connection has taken it: that is progress.
    private func write(_ part: ByteBuffer, of job: DeliveryJob, then next: @escaping (UpstreamSession) -> Void) {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess {
            guard !self.hasEnded else { return }
            self.lastProgress = self.clock()
            next(self)
        }
        context.writeAndFlush(wrapOutboundOut(part), promise: promise)
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastProgress = clock()
        if policy.tls == .implicit { insertTLS() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        lastProgress = clock()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var received = unwrapInboundIn(data)
        if inbound.readableBytes == 0 {
            inbound = received
        } else {
            inbound.writeBuffer(&received)
        }
        lastHeard = clock()
        handleReplies()
        hasAnsweredSinceStart = true
    }

    private func handleReplies() {
        do {
            while !hasEnded, let reply = try parser.next(&inbound) {
                handle(reply)
            }
        } catch {
            // The text may hold the beginning of a secret that was sent back, which is not found as the whole.
            let reason = login == nil ? "\(error)" : "what the server sent is not an SMTP reply"
            end(SessionFailure(phase: machine.phase, reply: nil, reason: reason, isStale: false))
        }
        writeOutbound()
    }

    private func handle(_ reply: Reply) {
        // A whole reply is progress; an octet now and then is none.
        lastProgress = clock()
        switch machine.replyReceived(reply, into: &outbound) {
        case .none:
            break
        case .ready:
            if completeLogin() { owner?.sessionReady(self) }
        case .startTLS:
            startTLS(unprocessed: inbound.readableBytes)
        case .authenticate:
            logIn()
        case .challenge(let challenge):
            answer(challenge)
        case .unavailable(let phase, let reason):
            end(refusal(at: phase, nil, reason))
        case .sendContent(let token):
            guard let job = jobs.first(where: { $0.token == token })?.job else {
                end("its message has gone through another upstream", isOurs: true)
                return
            }
            owner?.session(self, wantsContentOf: job)
        case .finished(let result):
            finish(result)
        case .finishedAndClosing(let result, let reply):
            finish(result)
            end(SessionFailure(phase: .dot, reply: reply, reason: reply.description, isStale: false))
        case .refused(let phase, let reply):
            end(refusal(at: phase, reply, reply.description))
        case .confused(let phase, let reply):
            let reason = "unexpected reply: \(reply)"
            end(SessionFailure(phase: phase, reply: nil, reason: concealed(reason), isStale: false))
        case .goodbye:
            end(SessionFailure(phase: .quit, reply: nil, reason: "closed after QUIT", isStale: false))
        }
    }

    /// Who does not let us log in has something against the account, and so against all that we would send.
    private func refusal(at phase: ClientPhase, _ reply: Reply?, _ reason: String) -> SessionFailure {
        SessionFailure(
            phase: phase, reply: reply, reason: concealed(reason), isStale: isStale && phase != .auth,
            opensCircuit: phase == .auth && Verdict.accountFault.opensCircuit)
    }

    /// Servers send back what they did not understand; it may be a password.
    private func concealed(_ reason: String) -> String {
        login?.concealed(reason) ?? reason
    }

    private func finish(_ result: TransactionResult) {
        guard let index = jobs.firstIndex(where: { $0.token == result.token }) else { return }
        let job = jobs.remove(at: index).job
        completed += 1
        owner?.session(self, finished: job, result)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(
            SessionFailure(
                phase: machine.phase, reply: nil, reason: "connection closed by the upstream", isStale: isStale))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = error is TLSError ? "\(error)" : "connection lost: \(error)"
        end(SessionFailure(phase: machine.phase, reply: nil, reason: reason, isStale: isStale))
    }

    /// A session that worked and was closed while it lay idle, which shows only when the next envelope is written.
    /// A 421 that comes as the first answer says the same (RFC 5321 section 3.8).
    private var isStale: Bool { completed > 0 && !hasAnsweredSinceStart }

    func end(_ failure: SessionFailure) {
        guard !hasEnded else { return }
        hasEnded = true
        let unfinished = machine.unfinished
        let ended = jobs
        jobs = []
        let inDoubt = ended.filter { entry in unfinished.contains { $0.token == entry.token && $0.dotWritten } }
        let others = ended.filter { entry in !inDoubt.contains { $0.token == entry.token } }
        let doubts = inDoubt.map { entry in
            (entry.job, unfinished.first { $0.token == entry.token }?.refusals ?? [])
        }
        context?.close(promise: nil)
        owner?.sessionEnded(self, failure, jobs: others.map(\.job), inDoubt: doubts)
    }

    private func writeOutbound(flush: Bool = true) {
        guard let context, outbound.readableBytes > 0 else { return }
        let octets = outbound
        outbound = context.channel.allocator.buffer(capacity: 256)
        if flush {
            context.writeAndFlush(wrapOutboundOut(octets), promise: nil)
        } else {
            context.write(wrapOutboundOut(octets), promise: nil)
        }
    }
}
