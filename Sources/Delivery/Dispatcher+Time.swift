internal import DequeModule
internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// The silence of sessions, and the limits of their steps.
extension Dispatcher {
    func addSessions(of upstream: Upstream, to wakeups: inout DeliveryTimer.Wakeups) {
        if upstream.pool.connecting > 0 { wakeups.addBusy() }
        for session in upstream.pool.sessions {
            if session.isIdle { wakeups.add(deadline(of: session, in: upstream)) } else { wakeups.addBusy() }
        }
    }

    /// Mail that waits for a session, while all are silent, goes elsewhere: one message after its final dot must not
    /// hold up others, whose turn would come after `data_timeout`.
    func checkPending(of upstream: Upstream) {
        prepareAlternative(to: upstream)
        let pool = upstream.pool
        guard !pool.pending.isEmpty, pool.connecting == 0, !pool.sessions.isEmpty else { return }
        if pool.sessions.allSatisfy({ isSilent($0, in: upstream) }) {
            evacuate(upstream, reason: "no session answers", all: false)
        }
    }

    private func isSilent(_ session: UpstreamSession, in upstream: Upstream) -> Bool {
        !session.isIdle && !session.waitsForUs && clock.instant - session.lastProgress >= upstream.settings.patience
    }

    /// Half of the patience is over, and the upstream has not said a word since: a connection to the next one is begun, so
    /// that mail which moves there finds it open. Nothing is said in it that could commit anything.
    private func prepareAlternative(to upstream: Upstream) {
        let half = upstream.settings.patience / 2
        let isLate = upstream.pool.sessions.contains { isBeforeDot($0) && clock.instant - $0.lastProgress >= half }
        guard isLate || upstream.pool.connectingSince.map({ clock.instant - $0 >= half }) ?? false else { return }
        guard let next = alternative(to: upstream) else { return }
        next.pool.prepare()
        // The two race: the one that is ready first gets what waits for a connection.
        let isRaced = upstream.pool.connecting > 0 && !upstream.pool.hasWorkingSession && next.pool.hasWorkingSession
        if isRaced { evacuate(upstream, reason: "\(next.name) was connected first", all: false) }
    }

    /// Where the first message would go that this upstream has.
    private func alternative(to upstream: Upstream) -> Upstream? {
        let job = upstream.pool.pending.first ?? upstream.pool.sessions.lazy.compactMap(\.firstJob).first
        return upstreams.alternative(to: upstream, for: job)
    }

    /// Whether a session waits for a reply that commits nothing.
    private func isBeforeDot(_ session: UpstreamSession) -> Bool {
        !session.isIdle && !session.waitsForUs && session.phase != .dot && session.phase != .quit
    }

    func checkSessions(of upstream: Upstream) {
        for session in upstream.pool.sessions where !session.hasEnded {
            if session.phase == .dot, isSilent(session, in: upstream) { checkBehindDot(session, in: upstream) }
            guard let deadline = deadline(of: session, in: upstream), deadline <= clock.instant else { continue }
            if session.isIdle {
                if session.phase == .idle { session.quit() }
                continue
            }
            let waited = clock.instant - session.lastProgress
            let isParting = session.phase == .quit
            let isAlone = clock.instant - upstream.pool.lastWord < upstream.settings.patience / 2
            session.end(.noReply(after: waited))
            if !isAlone, !isParting { handOverAll(of: upstream) }
        }
    }

    /// One session has waited in vain, and no other one of the upstream has heard a word meanwhile: the others need not wait
    /// to the end of their own patience.
    private func handOverAll(of upstream: Upstream) {
        let half = upstream.settings.patience / 2
        for session in upstream.pool.sessions
        where !session.hasEnded && isBeforeDot(session) && canLeave(session, upstream)
            && clock.instant - session.lastProgress >= half
        {
            session.end(.noReplyInAnySession)
        }
        evacuate(upstream, reason: "no session answers", all: false)
    }

    /// A session is silent after a final dot: what waits behind that message goes elsewhere, and a circuit that tries this
    /// message tries another one.
    private func checkBehindDot(_ session: UpstreamSession, in upstream: Upstream) {
        for job in session.releaseUndotted(where: { upstreams.hasAlternative(to: upstream, for: $0) }) {
            moveOn(job, from: upstream, phase: "mail", reply: "no reply to the message before it")
        }
        let waited = clock.instant - session.lastProgress
        if waited >= upstream.settings.commandTimeout { session.forEachJob { endTrialWithoutVerdict($0) } }
        // Slow counts as broken, also before the end of it.
        let limit = settings.circuit.latencyThreshold
        guard limit > .zero, waited >= limit, !session.isSilenceCounted else { return }
        session.isSilenceCounted = true
        let reason = "no reply to a final dot for \(limit.wholeMilliseconds) ms"
        let phase = ClientPhase.dot.rawValue
        upstream.note(phase: phase, reason, .hostFault)
        run(upstream.failed(at: phase, reason, began: session.lastProgress), of: upstream)
    }

    /// When a session has waited long enough; nil while the next move is ours.
    private func deadline(of session: UpstreamSession, in upstream: Upstream) -> MonotonicInstant? {
        if session.waitsForUs { return nil }
        return session.lastProgress + limit(of: session, in: upstream)
    }

    private func limit(of session: UpstreamSession, in upstream: Upstream) -> Duration {
        switch session.phase {
        case .idle:
            upstream.settings.idleTimeout
        case .dot:
            upstream.settings.dataTimeout
        case .quit:
            .seconds(2)
        case .connect, .banner, .ehlo, .startTLS, .tls, .auth, .mail, .rcpt, .data, .content, .rset, .noop:
            canLeave(session, upstream)
                ? min(upstream.settings.patience, upstream.settings.commandTimeout)
                : upstream.settings.commandTimeout
        }
    }

    /// Whether all that a session has, or will have, could go elsewhere now.
    private func canLeave(_ session: UpstreamSession, _ upstream: Upstream) -> Bool {
        guard session.jobCount == 0 else { return session.allJobs { upstreams.hasAlternative(to: upstream, for: $0) } }
        return canLeave(upstream)
    }

    /// Whether all that waits for a session could go elsewhere now.
    func canLeave(_ upstream: Upstream) -> Bool {
        guard !upstream.pool.pending.isEmpty else { return upstreams.hasAlternative(to: upstream) }
        return upstream.pool.pending.allSatisfy { upstreams.hasAlternative(to: upstream, for: $0) }
    }
}
