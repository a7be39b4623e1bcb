internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// What the circuits and throttles hear of their upstreams, and what follows from it.
extension Dispatcher {
    /// A session has ended because of the upstream: what it said decides whose fault that is.
    ///
    /// - Parameter began: when the attempt did that came to this; nil where there was none.
    func blame(_ pool: UpstreamPool, for failure: SessionFailure, began: MonotonicInstant? = nil) {
        let verdict = verdict(on: failure, pool)
        note(pool, phase: failure.phase.rawValue, failure.reason, verdict)
        if verdict.action == .slowDown, let reply = failure.reply {
            slowDown(pool, reply)
        } else {
            upstreamFailed(pool, at: failure.phase.rawValue, failure.reason, verdict, began: began)
        }
    }

    private func verdict(on failure: SessionFailure, _ pool: UpstreamPool) -> Verdict {
        if failure.fault == .account { return .accountFault }
        guard let reply = failure.reply, let phase = failure.phase.outcomePhase else { return .hostFault }
        return pool.rules.verdict(reply, at: phase)
    }

    /// The upstream has not done its work.
    ///
    /// - Parameters:
    ///   - phase: such as `connect`, `mail`.
    ///   - began: when the attempt did that came to this; nil where there was none.
    func upstreamFailed(
        _ pool: UpstreamPool, at phase: String, _ reason: String, _ verdict: Verdict = .hostFault,
        began: MonotonicInstant? = nil
    ) {
        pool.status.lastError = "\(phase): \(reason)"
        pool.status.failedTotal += 1
        let transition = selector.circuits[pool.index].failed(
            now: instant, jitter: jitter(), verdict.opensCircuit ? .account : .transport, began: began)
        if let transition { changed(pool, transition, detail: pool.status.lastError) }
    }

    /// - Parameter took: from the start of the attempt to the reply to the final dot; nil where there was none.
    func upstreamWorked(_ pool: UpstreamPool, _ job: DeliveryJob, took: Duration? = nil) {
        let isTrial = job.trialOf == pool.index
        if isTrial { job.trialOf = nil }
        // What it has failed meanwhile need not wait for its time, though the circuit has never opened.
        if selector.circuits[pool.index].isSuspect { queue.releaseStranded() }
        let transition = selector.circuits[pool.index].succeeded(
            now: instant, isTrial: isTrial, took: took, jitter: took == nil ? 0 : jitter())
        if let transition { changed(pool, transition) }
    }

    /// A message is the trial of an open circuit.
    func beginTrial(of index: Int, by job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        job.trialOf = index
        guard let transition = selector.circuits[index].admit(now: instant).transition else { return }
        changed(pools[index], transition, detail: "\(job.id)")
    }

    /// It is known what a refusal for an unknown reason was worth: that of a server which refused what another one took is
    /// evidence against it.
    ///
    /// - Parameters:
    ///   - recipient: index of the one that the refusal was about.
    ///   - judge: index of the upstream that has decided.
    func weigh(_ opinion: Opinion, of job: DeliveryJob, _ recipient: Int, by judge: Int, isConfirmed: Bool) {
        let pool = pools[opinion.upstream]
        if judge != opinion.upstream {
            report(
                .secondOpinion(
                    job.id, recipients: job.cycle.addresses(of: [recipient]), upstream: pool.settings.name,
                    by: names[judge], isConfirmed: isConfirmed, reply: opinion.reply.description))
        }
        guard !isConfirmed else { return upstreamWorked(pool, job) }
        let refutation = Refutation(
            opinion.reply, message: job.id, domain: job.message.recipients[recipient].address.domain,
            sender: job.message.tenant)
        let isTrial = job.trialOf == pool.index
        if isTrial { job.trialOf = nil }
        let transition = selector.circuits[pool.index].refuted(
            refutation, now: instant, jitter: jitter(), isTrial: isTrial, began: opinion.began)
        guard let transition else { return }
        pool.status.lastError = "refuted: \(refutation.fingerprint)"
        pool.status.refutedReply = transition.to == .open ? "\(refutation.fingerprint)" : nil
        changed(pool, transition)
    }

    /// The upstream has asked for less.
    func slowDown(_ pool: UpstreamPool, _ reply: Reply) {
        guard let rate = selector.throttles[pool.index].slowDown(now: instant) else { return }
        report(.slowedDown(upstream: pool.settings.name, rate: rate, reply: reply.description))
    }

    /// A circuit has changed, or its share has.
    ///
    /// - Parameter detail: what the upstream did last, beside the cause.
    func changed(_ pool: UpstreamPool, _ transition: CircuitTransition, detail: String? = nil) {
        note(transition, of: pool, cause: detail.map { "\(transition.cause); \($0)" } ?? transition.cause)
        switch transition.to {
        case .open: evacuate(pool)
        case .closed where transition.kind == .state: queue.releaseAll()
        case .closed, .halfOpen: break
        }
    }

    func note(_ transition: CircuitTransition, of pool: UpstreamPool, cause: String) {
        if transition.kind == .state { pool.status.since = now() }
        if transition.to == .closed { pool.status.refutedReply = nil }
        pool.record.changed(at: now(), transition, cause: cause)
        report(
            .circuit(
                upstream: pool.settings.name, from: transition.from, to: transition.to, share: transition.share,
                cause: cause, until: transition.until.map { timestamp(of: $0) }))
    }

    /// The ramps go up when their time has come.
    func advanceCircuits() {
        for pool in pools {
            guard let step = selector.circuits[pool.index].nextStepAt, step <= instant else { continue }
            if let transition = selector.circuits[pool.index].advance(now: instant) { changed(pool, transition) }
        }
    }

    /// Keeps what an upstream said that was no success.
    func note(_ pool: UpstreamPool, phase: String, _ text: String, _ verdict: Verdict) {
        pool.record.answered(
            .init(
                at: now(), phase: phase, text: text,
                verdict: "\(verdict.scope.rawValue), \(verdict.action.rawValue)"))
    }

    /// The wall clock's time of a moment to come.
    func timestamp(of instant: MonotonicInstant) -> Timestamp {
        now() + (instant - self.instant)
    }
}

extension ClientPhase {
    /// The step as far as outcomes care; nil where no mail depends on the reply.
    var outcomePhase: OutcomePhase? {
        switch self {
        case .connect, .banner, .ehlo, .startTLS, .tls: .greeting
        case .auth: .auth
        case .mail: .mail
        case .rcpt: .rcpt
        case .data, .content: .data
        case .dot: .dot
        case .rset, .noop, .quit, .idle: nil
        }
    }
}
