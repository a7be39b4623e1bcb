internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// One health check: connect, EHLO, STARTTLS, AUTH, NOOP, QUIT.
///
/// It succeeds with the reply to NOOP; QUIT is for politeness, and its reply is awaited only briefly.
final class Probe: UpstreamSessionOwner {
    /// Time for a server to close the connection after QUIT.
    private static let partingTime = TimeAmount.seconds(2)

    private let prober: Prober
    private let upstream: Upstream
    private let pool: UpstreamPool
    private let began: MonotonicInstant
    private var done: ((ProbeResult) -> Void)?
    private var session: UpstreamSession?
    private var isConnected = false
    private var isGreeted = false
    private var timer: Scheduled<Void>?

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
        let session = UpstreamSession(
            hostname: prober.hostname, upstream: pool.index, access: pool.access, limits: pool.limits, owner: self,
            spool: prober.spool, pipelines: false
        ) { [prober] in prober.clock.instant }
        self.session = session
        isConnected = false
        // The check as a whole may end before a connection's own timeout.
        let time = min(pool.settings.connectTimeout, prober.timeout)
        let bound = NIOLoopBound((self, session), eventLoop: prober.clock.eventLoop)
        prober.connector.connect(
            to: pool.settings, timeout: .nanoseconds(time.wholeMilliseconds * 1_000_000), handler: session,
            on: prober.clock.eventLoop
        ).whenComplete { result in
            let (probe, session) = bound.value
            probe.connected(session, result.mapError { $0 as any Error })
        }
    }

    private func connected(_ session: UpstreamSession, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            isConnected = true
            if done == nil, !session.hasEnded {
                session.end(.checkOver)
                channel.close(promise: nil)
            }
        case .failure(let error):
            // A failure within the connection, such as TLS, has its own name.
            let shortage = OwnShortage.reason(error)
            if !session.hasEnded {
                finish(.connect, shortage ?? ConnectError.sentence(for: error), isShortage: shortage != nil)
            }
            leave()
        }
    }

    // MARK: - Time

    private func arm(_ time: TimeAmount) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: prober.clock.eventLoop)
        timer = prober.clock.eventLoop.scheduleTask(in: time) { bound.value.timeIsOver() }
    }

    private func timeIsOver() {
        let phase = isConnected ? session?.phase ?? .connect : .connect
        finish(phase, "not finished within \(prober.timeout.wholeMilliseconds) ms")
        leave()
    }

    // MARK: - Session

    func sessionReady(_ session: UpstreamSession) {
        guard isGreeted else {
            isGreeted = true
            session.probe()
            return
        }
        finish(nil, session.tlsSummary.map { "up to NOOP, with \($0)" } ?? "up to NOOP, in clear text")
        arm(Self.partingTime)
        session.quit()
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        guard session === self.session else { return }
        guard done != nil else { return leave() }
        if failure.phase == .tls, failure.fault != .ours, pool.access.handshakeFailed(now: prober.clock.instant) {
            // As for mail: with opportunistic TLS it continues without.
            prober.report(.tlsFailed(upstream: pool.settings.name, reason: failure.reason))
            return connect()
        }
        if isCrowdedOut(failure) {
            finish(nil, "it allows no session beside those of the mail: \(failure.reason)")
        } else {
            finish(
                failure.phase, failure.reason, isAccountFault: failure.fault == .account,
                isShortage: failure.what == .shortage(failure.reason))
        }
        leave()
    }

    /// Whether the check was one session too many while others work.
    private func isCrowdedOut(_ failure: SessionFailure) -> Bool {
        pool.hasWorkingSession && upstream.wantsFewerSessions(failure)
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) { preconditionFailure(Self.noMail) }

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
        if isConnected, let session, !session.hasEnded { session.end(.checkOver) }
        prober.ended(self)
    }
}
