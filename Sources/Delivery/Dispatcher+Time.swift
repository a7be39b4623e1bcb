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
        return tickAt > moment + Self.busyInterval
    }

    /// Sets the timer for the next thing that is due.
    func arrangeTick() {
        let present = moment
        var next: Moment?
        func consider(_ candidate: Moment?) {
            guard let candidate else { return }
            next = min(next ?? candidate, candidate)
        }
        for pool in pools {
            for session in pool.sessions {
                consider(session.isIdle ? deadline(of: session, in: pool) : present + Self.busyInterval)
            }
        }
        consider(wakeAt)
        consider(pausedUntil)
        if waiting.hasStranded {
            for circuit in circuits { consider(circuit.trialAt) }
        }
        if let due = waiting.nextDue {
            consider(present + min(max(due - now(), .zero), Self.longest))
        }
        guard let next else {
            cancelTick()
            return
        }
        schedule(at: max(next, present + Self.resolution))
    }

    private func schedule(at moment: Moment) {
        // A timer that rings early costs a look; one per change would cost more.
        if let tickAt, tick != nil, tickAt <= moment { return }
        cancelTick()
        tickAt = moment
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        tick = eventLoop.scheduleTask(deadline: NIODeadline.uptimeNanoseconds(UInt64(max(0, moment.nanoseconds)))) {
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
        for pool in pools {
            checkSessions(of: pool)
            checkPending(of: pool)
        }
        pump()
    }

    private func endPauseIfDue() {
        guard let until = pausedUntil, until <= moment else { return }
        pausedUntil = nil
        report(.resumed)
    }

    /// Mail that waits for a session, while all are silent, goes elsewhere: one message after its final dot must not
    /// hold up others, whose turn would come after `data_timeout`.
    private func checkPending(of pool: UpstreamPool) {
        guard !pool.pending.isEmpty, pool.connecting == 0, !pool.sessions.isEmpty, hasAlternative(to: pool) else {
            return
        }
        if pool.sessions.allSatisfy({ isSilent($0, in: pool) }) { evacuate(pool, reason: "no session answers") }
    }

    private func isSilent(_ session: UpstreamSession, in pool: UpstreamPool) -> Bool {
        !session.isIdle && !session.waitsForUs && moment - session.lastProgress >= pool.settings.patience
    }

    private func checkSessions(of pool: UpstreamPool) {
        for session in pool.sessions {
            if session.phase == .dot, isSilent(session, in: pool), hasAlternative(to: pool) {
                for job in session.releaseUndotted() {
                    moveOn(job, from: pool, phase: "mail", reply: "no reply to the message before it")
                }
            }
            guard let deadline = deadline(of: session, in: pool), deadline <= moment else { continue }
            if session.isIdle {
                if session.phase == .idle { session.quit() }
                continue
            }
            let waited = (moment - session.lastProgress).wholeMilliseconds
            session.end("no reply within \(waited) ms at \(session.phase.rawValue)")
        }
    }

    /// When a session has waited long enough; nil while the next move is ours.
    private func deadline(of session: UpstreamSession, in pool: UpstreamPool) -> Moment? {
        if session.waitsForUs { return nil }
        return session.lastProgress + limit(of: session, in: pool)
    }

    private func limit(of session: UpstreamSession, in pool: UpstreamPool) -> Duration {
        switch session.phase {
        case .idle:
            pool.settings.idleTimeout
        case .dot:
            pool.settings.dataTimeout
        case .quit:
            .seconds(2)
        case .connect, .banner, .ehlo, .startTLS, .tls, .auth, .mail, .rcpt, .data, .content, .rset:
            hasAlternative(to: pool)
                ? min(pool.settings.patience, pool.settings.commandTimeout) : pool.settings.commandTimeout
        }
    }
}
