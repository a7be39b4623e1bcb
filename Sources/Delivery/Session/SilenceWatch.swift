internal import DequeModule
internal import Mail
internal import SMTP
internal import Upstreams

/// Consequences of silent sessions; their watchdogs decide when a silence is too long.
///
/// Confined to the delivery's event loop.
final class SilenceWatch {
    private let upstreams: UpstreamDirectory
    private let cycles: CycleRunner
    private let mover: MessageMover
    private let clock: DeliveryClock

    init(upstreams: UpstreamDirectory, cycles: CycleRunner, mover: MessageMover, clock: DeliveryClock) {
        self.upstreams = upstreams
        self.cycles = cycles
        self.mover = mover
        self.clock = clock
    }

    /// When sessions of the upstream have to be looked at.
    func addWakeups(of upstream: Upstream, to wakeups: inout DeliveryTimer.Wakeups) {
        if upstream.pool.connecting > 0 { wakeups.addBusy() }
        wakeups.add(upstream.pool.heldUntil)
        for session in upstream.pool.sessions {
            if session.isIdle { wakeups.add(session.idleUntil) } else { wakeups.addBusy() }
        }
    }

    /// Time has passed.
    func check(_ upstream: Upstream) {
        checkSessions(of: upstream)
        checkPending(of: upstream)
    }

    // MARK: - One session

    private func checkSessions(of upstream: Upstream) {
        for session in upstream.pool.sessions where !session.hasEnded {
            if let silence = session.silenceAfterDot(now: clock.instant) { run(silence, of: session, upstream) }
            let overdue = session.overdue(now: clock.instant) { canLeave(session, upstream) }
            if let overdue { run(overdue, of: session, upstream) }
        }
    }

    private func run(_ overdue: SessionWatchdog.Overdue, of session: UpstreamSession, _ upstream: Upstream) {
        switch overdue {
        case .idle:
            upstream.pool.quit(session)
        case .parting(let waited):
            session.end(.noReply(after: waited))
        case .reply(let waited):
            let isMute = upstream.pool.isMute
            session.end(.noReply(after: waited))
            if isMute { handOverAll(of: upstream) }
        }
    }

    /// Messages queued after an unanswered final dot go elsewhere, and a circuit on trial with that message tries
    /// another one. Slow counts as broken, even before it is over.
    private func run(_ silence: SessionWatchdog.SilenceAfterDot, of session: UpstreamSession, _ upstream: Upstream) {
        let released = session.releaseUndotted { upstreams.hasAlternative(to: upstream, for: $0) }
        upstream.pool.becameSilent(session)
        for job in released {
            cycles.moveOn(job, from: upstream, phase: "mail", reply: "no reply to the message before it")
        }
        if silence.endsTrial { session.forEachJob { $0.endTrialWithoutVerdict() } }
        guard let limit = silence.slow else { return }
        let reason = "no reply to a final dot for \(limit.wholeMilliseconds) ms"
        let phase = ClientPhase.dot.rawValue
        upstream.note(phase: phase, reason, .hostFault)
        mover.run(upstream.failed(at: phase, reason, began: silence.since), of: upstream)
    }

    // MARK: - All of an upstream

    /// One session has timed out, and no other session of the upstream has received anything meanwhile: the others need
    /// not exhaust their own patience.
    private func handOverAll(of upstream: Upstream) {
        for session in upstream.pool.sessions
        where !session.hasEnded && session.isLate(now: clock.instant) && canLeave(session, upstream) {
            session.end(.noReplyInAnySession)
        }
        mover.evacuate(upstream, reason: "no session answers", all: false)
    }

    /// Mail waiting for a session while all are silent goes elsewhere: one message after its final dot must not hold up
    /// others until `data_timeout`.
    private func checkPending(of upstream: Upstream) {
        prepareAlternative(to: upstream)
        let pool = upstream.pool
        guard pool.pendingCount > 0, pool.connecting == 0 else { return }
        let sessions = pool.sessions
        if !sessions.isEmpty, sessions.allSatisfy({ $0.isSilent(now: clock.instant) }) {
            mover.evacuate(upstream, reason: "no session answers", all: false)
        }
    }

    /// Half of the patience is over without a word from the upstream: starts a connection to the next one, so that mail
    /// moving there finds it open. Nothing is sent on it that could commit anything.
    private func prepareAlternative(to upstream: Upstream) {
        let pool = upstream.pool
        guard pool.isSlowToConnect || pool.sessions.contains(where: { $0.isLate(now: clock.instant) }) else { return }
        guard let next = alternative(to: upstream) else { return }
        next.pool.prepare()
        // A race: the first one ready gets the messages waiting for a connection.
        let isRaced = pool.connecting > 0 && !pool.hasWorkingSession && next.pool.hasWorkingSession
        if isRaced { mover.evacuate(upstream, reason: "\(next.name) was connected first", all: false) }
    }

    /// The upstream that this one's first message would move to.
    private func alternative(to upstream: Upstream) -> Upstream? {
        let job = upstream.pool.pending.first ?? upstream.pool.sessions.lazy.compactMap(\.firstJob).first
        return upstreams.alternative(to: upstream, for: job.flatMap { $0.cycle.terms.isPinned ? nil : $0 })
    }

    /// Whether everything a session has, or will have, could go elsewhere now.
    private func canLeave(_ session: UpstreamSession, _ upstream: Upstream) -> Bool {
        guard session.jobCount == 0 else { return session.allJobs { upstreams.mayLeave($0, from: upstream) } }
        return upstreams.canLeave(upstream)
    }
}
