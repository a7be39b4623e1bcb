internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// All that happens because time passes, on one timer for all sessions, messages and circuits.
extension Dispatcher {
    /// Timers are not more exact than this; far below the patience of any upstream.
    private static let resolution = Duration.milliseconds(20)
    /// A queue without a due time is looked at so often, in case the wall clock was set.
    private static let longest = Duration.seconds(30)
    /// While mail flows the sessions are looked at so often, whatever they wait for.
    private static let busyInterval = Duration.milliseconds(50)

    /// Whether the timer might ring too late; asked after every change, so that it has to be cheap.
    var needsTick: Bool {
        guard let tickAt else { return true }
        return tickAt > instant + Self.busyInterval
    }

    /// Sets the timer for the next thing that is due.
    func arrangeTick() {
        let present = instant
        var next: MonotonicInstant?
        func consider(_ candidate: MonotonicInstant?) {
            guard let candidate else { return }
            next = min(next ?? candidate, candidate)
        }
        for upstream in upstreams.all {
            if upstream.pool.connecting > 0 { consider(present + Self.busyInterval) }
            for session in upstream.pool.sessions {
                consider(session.isIdle ? deadline(of: session, in: upstream) : present + Self.busyInterval)
            }
        }
        if !isStopping { consider(prober.nextDue) }
        consider(wakeAt)
        consider(pausedUntil)
        for upstream in upstreams.all {
            if queue.hasStranded, let trial = upstream.circuit.trialAt, trial > present { consider(trial) }
            consider(upstream.circuit.nextStepAt)
            if let until = upstream.adminOverride.until {
                consider(present + min(max(until - now(), .zero), Self.longest))
            }
        }
        if let due = queue.nextDue {
            consider(present + min(max(due - now(), .zero), Self.longest))
        }
        guard let next else {
            cancelTick()
            return
        }
        schedule(at: max(next, present + Self.resolution))
    }

    private func schedule(at instant: MonotonicInstant) {
        // A timer that rings early costs a look; one per change would cost more.
        if let tickAt, tick != nil, tickAt <= instant { return }
        cancelTick()
        tickAt = instant
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        tick = eventLoop.scheduleTask(deadline: NIODeadline.uptimeNanoseconds(UInt64(max(0, instant.nanoseconds)))) {
            bound.value.ticked()
        }
    }

    func cancelTick() {
        tick?.cancel()
        tick = nil
        tickAt = nil
    }

    private func ticked() {
        tick = nil
        tickAt = nil
        endPauseIfDue()
        expireOverrides()
        for upstream in upstreams.all { run(upstream.advance(), of: upstream) }
        if !isStopping { prober.beginDue() }
        for upstream in upstreams.all {
            checkSessions(of: upstream)
            checkPending(of: upstream)
        }
        pump()
    }

    private func endPauseIfDue() {
        guard let until = pausedUntil, until <= instant else { return }
        pausedUntil = nil
        report(.resumed)
    }

    /// Ends overrides whose time is over.
    private func expireOverrides() {
        for upstream in upstreams.all {
            guard let effects = upstream.expireOverride() else { continue }
            upstreams.saveOverrides()
            run(effects, of: upstream)
        }
    }

    /// Mail that waits for a session, while all are silent, goes elsewhere: one message after its final dot must not
    /// hold up others, whose turn would come after `data_timeout`.
    private func checkPending(of upstream: Upstream) {
        prepareAlternative(to: upstream)
        let pool = upstream.pool
        guard !pool.pending.isEmpty, pool.connecting == 0, !pool.sessions.isEmpty else { return }
        if pool.sessions.allSatisfy({ isSilent($0, in: upstream) }) {
            evacuate(upstream, reason: "no session answers", all: false)
        }
    }

    private func isSilent(_ session: UpstreamSession, in upstream: Upstream) -> Bool {
        !session.isIdle && !session.waitsForUs && instant - session.lastProgress >= upstream.settings.patience
    }

    /// Half of the patience is over, and the upstream has not said a word since: a connection to the next one is begun, so
    /// that mail which moves there finds it open. Nothing is said in it that could commit anything.
    private func prepareAlternative(to upstream: Upstream) {
        let half = upstream.settings.patience / 2
        let isLate = upstream.pool.sessions.contains { isBeforeDot($0) && instant - $0.lastProgress >= half }
        guard isLate || upstream.pool.connectingSince.map({ instant - $0 >= half }) ?? false else { return }
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

    private func checkSessions(of upstream: Upstream) {
        for session in upstream.pool.sessions where !session.hasEnded {
            if session.phase == .dot, isSilent(session, in: upstream) { checkBehindDot(session, in: upstream) }
            guard let deadline = deadline(of: session, in: upstream), deadline <= instant else { continue }
            if session.isIdle {
                if session.phase == .idle { session.quit() }
                continue
            }
            let waited = instant - session.lastProgress
            let isParting = session.phase == .quit
            let isAlone = instant - upstream.pool.lastWord < upstream.settings.patience / 2
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
            && instant - session.lastProgress >= half
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
        let waited = instant - session.lastProgress
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
