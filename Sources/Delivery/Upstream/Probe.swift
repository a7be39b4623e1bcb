internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// One health check: connect, EHLO, STARTTLS, AUTH, NOOP, QUIT. With PIPELINING, RSET goes before NOOP in the same write,
/// which shows whether the server drops commands that arrive together.
///
/// It succeeds with the reply to NOOP; QUIT is for politeness, and its reply is awaited only briefly.
final class Probe: UpstreamSessionOwner {
    /// Time for a server to close the connection after QUIT.
    private static let partingTime = TimeAmount.seconds(2)
    /// How often it is looked whether all addresses have been tried.
    private static let interval = Duration.milliseconds(50)

    private let prober: Prober
    private let upstream: Upstream
    let pool: UpstreamPool
    private let began: MonotonicInstant
    private var done: ((ProbeResult) -> Void)?
    private var attempt: ConnectionAttempt?
    private var session: UpstreamSession?
    private var isGreeted = false
    private var timer: Scheduled<Void>?
    private var groupTimer: Scheduled<Void>?
    /// What is known of commands that were sent together.
    private var group = Group.none

    private enum Group {
        /// None were.
        case none
        case sent, dropped
    }

    init(of upstream: Upstream, by prober: Prober, done: @escaping (ProbeResult) -> Void) {
        self.prober = prober
        self.upstream = upstream
        self.pool = upstream.pool
        self.done = done
        self.began = prober.clock.instant
    }

    func start() {
        arm(.nanoseconds(prober.timeout.wholeMilliseconds * 1_000_000))
        connect()
    }

    /// Ends without a result.
    func cancel() {
        done = nil
        leave()
    }

    private func connect() {
        let terms = ConnectionAttempt.Terms(
            time: prober.timeout, mayLeave: { false },
            isCrowd: { [weak upstream] in upstream?.wantsFewerSessions($0) ?? false })
        let attempt = ConnectionAttempt(to: pool, prober.means, terms, owner: self) { [self] in connected($0) }
        self.attempt = attempt
        attempt.start()
    }

    private func connected(_ outcome: ConnectionAttempt.Outcome) {
        attempt = nil
        switch outcome {
        case .opened(let session):
            self.session = session
            if session.isGreeted { sessionReady(session) }
        case .failed(let failure):
            finish(failure)
            leave()
        case .sessionEnded:
            break
        }
    }

    // MARK: - Time

    private func arm(_ time: TimeAmount) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: prober.clock.eventLoop)
        timer = prober.clock.eventLoop.scheduleTask(in: time) { bound.value.timeIsOver() }
    }

    /// The timeout is that of one address: those that are silent before it do not count.
    private var timeLeft: Duration {
        let began = session?.began ?? attempt?.lastStart ?? began
        let left = prober.timeout - (prober.clock.instant - began)
        return attempt?.hasMore ?? false ? max(left, Self.interval) : left
    }

    private func timeIsOver() {
        let left = done == nil ? .zero : timeLeft
        guard left <= .zero else { return arm(.nanoseconds(left.wholeMilliseconds * 1_000_000 + 1_000_000)) }
        if let crowded = attempt?.crowded {
            finish(crowded)
        } else {
            let text = "not finished within \(prober.timeout.wholeMilliseconds) ms"
            finish(session?.phase ?? attempt?.phase ?? .connect, text)
        }
        attempt?.expire()
        if let session, !session.isGreeted {
            pool.failed(session, SessionFailure(.noReply(after: prober.clock.instant - began), at: session.phase))
        }
        leave()
    }

    // MARK: - Session

    func sessionReady(_ session: UpstreamSession) {
        guard isGreeted else {
            isGreeted = true
            pool.opened(session)
            check(session)
            return
        }
        tellGroup()
        finish(
            nil, session.tlsSummary.map { "every step succeeded, with \($0)" } ?? "every step succeeded, without TLS")
        arm(Self.partingTime)
        session.quit()
    }

    private func check(_ session: UpstreamSession) {
        let isGroup = pool.pipelining.isAllowed && session.offersPipelining
        session.probe(isGroup: isGroup)
        guard isGroup else { return }
        group = .sent
        watchGroup(for: groupPatience)
    }

    // MARK: - Commands sent together

    private var groupPatience: Duration { min(pool.settings.patience, prober.timeout / 4) }

    private func watchGroup(for time: Duration) {
        let bound = NIOLoopBound(self, eventLoop: prober.clock.eventLoop)
        groupTimer = prober.clock.eventLoop.scheduleTask(in: .nanoseconds(time.wholeMilliseconds * 1_000_000 + 1)) {
            bound.value.lookAtGroup()
        }
    }

    /// A server that answers RSET and not NOOP has dropped it, or is slow: it is asked again.
    private func lookAtGroup() {
        guard let session, done != nil, !session.hasEnded else { return }
        let left = groupPatience - (prober.clock.instant - session.waitingSince)
        guard session.isBehindGroup, left <= .zero else { return watchGroup(for: max(left, .milliseconds(50))) }
        group = .dropped
        session.repeatProbe()
    }

    private func tellGroup() {
        switch group {
        case .none: break
        case .sent: pool.pipelining.passedCheck()
        case .dropped:
            guard pool.pipelining.failedCheck(now: prober.clock.instant) else { break }
            let reply = "no reply to NOOP, sent together with RSET"
            prober.report(.habit(upstream: pool.settings.name, .dropsPipelinedCommands, reply: reply))
        }
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        guard done != nil else { return leave() }
        pool.failed(session, failure)
        if failure.phase == .tls, failure.fault != .ours, pool.access.handshakeFailed(now: prober.clock.instant) {
            // As for mail: with opportunistic TLS it continues without.
            prober.report(.tlsFailed(upstream: pool.settings.name, reason: failure.reason))
            return connect()
        }
        finish(failure)
        leave()
    }

    /// Whether the check was one session too many while others work.
    private func isCrowdedOut(_ failure: SessionFailure) -> Bool {
        pool.hasWorkingSession && upstream.wantsFewerSessions(failure)
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) { preconditionFailure(Self.noMail) }

    func session(_ session: UpstreamSession, wantsRecordOf job: DeliveryJob, refused: [Int]) {
        preconditionFailure(Self.noMail)
    }

    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration
    ) {
        preconditionFailure(Self.noMail)
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        preconditionFailure(Self.noMail)
    }

    func session(_ session: UpstreamSession, triesAnotherMechanism reason: String) {
        prober.report(.habit(upstream: pool.settings.name, .refusesMechanism, reply: reason))
    }

    private static let noMail = "a health check was given mail"

    // MARK: - End

    private func finish(_ failure: SessionFailure) {
        guard !isCrowdedOut(failure) else {
            return finish(nil, "it allows no session beside those of the mail: \(failure.reason)")
        }
        finish(
            failure.phase, failure.reason, isAccountFault: failure.fault == .account,
            isShortage: failure.what == .shortage(failure.reason))
    }

    private func finish(
        _ phase: ClientPhase?, _ text: String, isAccountFault: Bool = false, isShortage: Bool = false
    ) {
        guard let done else { return }
        self.done = nil
        var result = ProbeResult(
            at: prober.clock.wall, took: prober.clock.instant - began, failedPhase: phase?.rawValue, text: text)
        result.isAccountFault = isAccountFault
        result.isShortage = isShortage
        done(result)
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        groupTimer?.cancel()
        groupTimer = nil
        attempt?.cancel()
        attempt = nil
        if let session, !session.hasEnded { session.end(.checkOver) }
        prober.ended(self)
    }
}
