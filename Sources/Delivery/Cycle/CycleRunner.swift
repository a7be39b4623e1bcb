internal import Mail
internal import SMTP
internal import Spool
internal import Suppression
internal import Upstreams

/// Tells the cycles of messages what happens, and runs what they say.
///
/// Confined to the delivery's event loop.
final class CycleRunner {
    private let upstreams: UpstreamDirectory
    private let streams: StreamGate
    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    let mover: MessageMover
    let reporter: CycleReporter
    private let flow: DeliveryFlow
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private var notices: NoticeMaker { policies.notices }
    private var suppression: DeliverySuppression { policies.suppression }
    private let clock: DeliveryClock
    private let paces: PaceGate

    init(
        upstreams: UpstreamDirectory, streams: StreamGate, queue: DeliveryQueue, ledger: AttemptLedger,
        mover: MessageMover, reporter: CycleReporter, flow: DeliveryFlow, policies: DeliveryPolicies,
        clock: DeliveryClock, paces: PaceGate
    ) {
        self.paces = paces
        self.upstreams = upstreams
        self.streams = streams
        self.queue = queue
        self.ledger = ledger
        self.mover = mover
        self.reporter = reporter
        self.flow = flow
        self.policies = policies
        self.clock = clock
    }

    private var facts: CycleFacts {
        CycleFacts(
            now: clock.now(), wall: clock.wall, ages: clock.ages, jitter: clock.jitter(), plan: plan,
            enabled: upstreams.enabled, names: upstreams.names)
    }

    private func attempt(of job: DeliveryJob, at upstream: Upstream) -> CycleAttempt {
        attempt(of: job, at: upstream, mayStay: flow.isOpen && upstreams.canMove(job, at: upstream))
    }

    private func attempt(of job: DeliveryJob, at upstream: Upstream, mayStay: Bool) -> CycleAttempt {
        CycleAttempt(
            upstream: upstream.index, began: job.attemptBegan, startedAt: job.attemptBeganAt, tls: job.tls,
            mayStay: mayStay)
    }

    // MARK: - Events

    /// A transaction has ended with the upstream's word about each of its recipients.
    ///
    /// - Parameter took: what the upstream needed for it.
    func finished(_ job: DeliveryJob, at upstream: Upstream, _ result: TransactionResult, took: Duration) {
        if let reply = result.wholeReply, job.cycle.isWhole {
            job.settleReservation(used: job.pending.count)
            return deliveredWhole(job, upstream, reply, took)
        }
        let heard = result.answers(
            for: job.pending, by: upstream.rules, session: job.session?.standing ?? .new,
            isBelieved: upstream.believesRules)
        let answers = learn(from: paces.heard(heard, about: job, from: upstream), job.session, of: upstream)
        job.settleReservation(used: answers.count { $0.verdict == nil })
        mover.retake(job)
        let step = job.cycle.transactionFinished(
            answers, attempt(of: job, at: upstream), dotSent: result.isDotSent, facts)
        for news in step.news { tell(news, of: job, from: upstream) }
        mover.run(upstream.answered(answers, to: job, took: took), of: upstream)
        run(step, job, from: upstream)
    }

    /// What the answers say about the session.
    ///
    /// - Returns: the answers; where the upstream wants fewer sessions and has no other, it wants less mail.
    private func learn(
        from answers: [RecipientAnswer], _ session: UpstreamSession?, of upstream: Upstream
    ) -> [RecipientAnswer] {
        guard let session else { return answers }
        if answers.contains(where: { $0.verdict?.action == .nextTransaction }) {
            session.learnRecipientLimit(answers.count { $0.phase != .rcpt })
        }
        if let answer = answers.first(where: { $0.verdict?.action == .newSession }) {
            upstream.pool.usedUp(session, answer.reply.description)
        }
        guard let answer = answers.first(where: { $0.verdict?.action == .fewerSessions }),
            !upstream.pool.refused(session, answer.reply.description)
        else { return answers }
        return answers.map(\.slowed)
    }

    /// The way nearly all mail takes.
    private func deliveredWhole(_ job: DeliveryJob, _ upstream: Upstream, _ reply: Reply, _ took: Duration) {
        let text = reply.description
        let attempt = attempt(of: job, at: upstream, mayStay: false)
        let (news, record) = job.cycle.deliveredWhole(attempt, text, name: upstream.name, at: clock.wall)
        for news in news { tell(news, of: job, from: upstream) }
        upstream.tookWhole(text)
        paces.tookWhole(job)
        mover.run(
            upstream.worked(isTrial: job.endTrial(of: upstream), took: took, began: job.attemptBegan), of: upstream)
        guard !job.cycle.hasUntold else { return remove(job, [record]) }
        job.endTrialWithoutVerdict()
        mover.ended(job, delivered: true)
        ledger.end(job.message, [record])
    }

    /// A session failed under a message before its final dot: nothing was committed there.
    func moveOn(_ job: DeliveryJob, from upstream: Upstream, phase: String, reply: String) {
        job.settleReservation(used: 0)
        job.endTrialWithoutVerdict(of: upstream)
        paces.lost(job, reply, at: phase, from: upstream)
        let step = job.cycle.sessionLostBeforeDot(attempt(of: job, at: upstream), phase: phase, reply: reply, facts)
        run(step, job, from: upstream)
    }

    /// The connection ended after the final dot: the upstream may have taken the message.
    func doubt(
        _ job: DeliveryJob, refusals: [TransactionResult.Refusal], _ upstream: Upstream, _ failure: SessionFailure
    ) {
        _ = job.endTrial(of: upstream)
        let asked = job.pending
        job.settleReservation(used: asked.count - refusals.count)
        let refused = refusals.map { refusal in
            RecipientAnswer(
                recipient: asked[refusal.recipient], phase: .rcpt, reply: refusal.reply,
                verdict: upstream.rules.verdict(
                    refusal.reply, at: .rcpt, hasRecipients: true, isBelieved: upstream.believesRules),
                bounce: upstream.believesRules
                    ? upstream.rules.bounce(refusal.reply, at: .rcpt, hasRecipients: true) : nil)
        }
        mover.retake(job)
        let step = job.cycle.sessionLostAfterDot(
            refused: refused, attempt(of: job, at: upstream), reason: failure.reason, facts)
        for news in step.news { tell(news, of: job, from: upstream, reason: failure.reason) }
        let phase = ClientPhase.dot.rawValue
        upstream.note(phase: phase, failure.reason, Verdict(.transport, .retryLater))
        mover.run(upstream.failed(at: phase, failure.reason, began: job.attemptBegan), of: upstream)
        guard !dropsProbe(job, step.attempts) else { return }
        run(step, job, from: upstream)
    }

    /// A session could take none of the recipients that were pending.
    func passedOver(_ job: DeliveryJob, by upstream: Upstream) {
        job.endTrialWithoutVerdict(of: upstream)
        run(job.cycle.passedOver(at: upstream.index, facts), job, from: upstream)
    }

    /// Recipients that a session cannot carry go elsewhere.
    func cannotCarry(
        _ refusals: [TransactionPlan.Refusal], of job: DeliveryJob, by upstream: Upstream, _ session: UpstreamSession
    ) {
        let news = job.cycle.cannotCarry(
            refusals, at: upstream.index, sessionBegan: clock.timestamp(of: session.began), facts)
        for news in news { tell(news, of: job, from: upstream) }
    }

    /// The cycle is over, since no upstream is left that may have the message now.
    func conclude(_ job: DeliveryJob) {
        guard !dropsProbe(job) else { return }
        run(job.cycle.exhausted(facts), job, from: upstreams[job.cycle.lastUpstream ?? 0])
    }

    /// A message is about to go to an upstream: recipients that are suppressed get nothing, and those of a hijacked user wait.
    ///
    /// - Returns: whether somebody is left whom it goes to.
    func screen(_ job: DeliveryJob) -> Bool { passesGuard(job) && passesSuppression(job) }

    private func passesGuard(_ job: DeliveryJob) -> Bool {
        guard job.message.user != nil, policies.guardian.holds(job.message, at: clock.wall), job.cycle.holdByGuard()
        else { return true }
        return isLeft(job)
    }

    /// Notices go to everybody.
    private func passesSuppression(_ job: DeliveryJob) -> Bool {
        guard !suppression.gate.isOpen, job.message.notice == nil else { return true }
        let (route, gate, now) = (upstreams.routes.routes[job.route].name, suppression.gate, clock.wall)
        let news = job.cycle.suppress(gate.action) { gate.match($0, route: route, at: now) }
        guard !news.isEmpty else { return true }
        for news in news { tell(news, of: job, from: upstreams[job.cycle.lastUpstream ?? 0]) }
        return isLeft(job)
    }

    /// Whether a recipient is left, after some were taken out.
    private func isLeft(_ job: DeliveryJob) -> Bool {
        guard job.pending.isEmpty else {
            record(job, [])
            return true
        }
        conclude(job)
        return false
    }

    // MARK: - Actions

    /// - Parameter upstream: the last to handle the message.
    private func run(_ step: CycleStep, _ job: DeliveryJob, from upstream: Upstream) {
        for news in step.ending { tell(news, of: job, from: upstream) }
        switch step.action {
        case .sameUpstreamAgain(let turn):
            record(job, step.attempts)
            guard mover.leads(job, to: upstream) else {
                job.cycle.unreachable(upstream.index)
                mover.redirect(job)
                return
            }
            stay(job, at: upstream, turn, step.attempts)
        case .tryNext:
            tryNext(job, from: upstream, step.attempts)
        case .remove:
            remove(job, step.attempts)
        case .requeue(let release):
            job.endTrialWithoutVerdict()
            record(job, step.attempts)
            queue.wait(job.message, until: plan.due(of: job.message, clock), release)
        }
    }

    private func stay(
        _ job: DeliveryJob, at upstream: Upstream, _ turn: CycleStep.Turn, _ attempts: [AttemptRecord]
    ) {
        switch turn {
        case .inOrder: mover.hand(job, to: upstream)
        case .first, .newSession: mover.handAgain(job, to: upstream, inNewSession: turn == .newSession)
        }
        mover.moved()
        guard turn != .inOrder, let attempt = attempts.first(where: { $0.outcome == .deferred }) else { return }
        reporter.moved(
            job.cycle.pendingAddresses, of: job, from: upstream, to: upstream, phase: attempt.phase,
            reply: attempt.reply, tls: attempt.tls)
    }

    private func tryNext(_ job: DeliveryJob, from upstream: Upstream, _ attempts: [AttemptRecord]) {
        if !attempts.isEmpty || job.cycle.hasUntold { record(job, attempts) }
        let addresses = job.cycle.pendingAddresses
        guard let next = mover.redirect(job), let attempt = attempts.first(where: { $0.outcome == .deferred }) else {
            return
        }
        reporter.moved(
            addresses, of: job, from: upstream, to: next, phase: attempt.phase, reply: attempt.reply,
            tls: attempt.tls)
    }

    /// Records the state of a message together with the notices about what has come to an end: also of one that leaves its
    /// upstream with nothing decided, since a recipient may have failed before.
    func record(_ job: DeliveryJob, _ attempts: [AttemptRecord] = []) {
        let planned = plannedNotices(of: job)
        ledger.settle(job.message, attempts, planned.map(\.request))
        for notice in planned { reporter.noticed(notice, about: job.id) }
    }

    private func plannedNotices(of job: DeliveryJob) -> [PlannedNotice] {
        notices.notices(about: job.message, job.cycle.takeUntold(), isPassedOn: job.isReportedOn, at: clock.moment)
    }

    /// Nothing is left to do for a message.
    func remove(_ job: DeliveryJob, _ attempts: [AttemptRecord]) {
        job.endTrialWithoutVerdict()
        mover.ended(job, delivered: job.message.isDelivered)
        let planned = plannedNotices(of: job)
        ledger.end(job.message, attempts, planned.map(\.request))
        for notice in planned { reporter.noticed(notice, about: job.id) }
    }

    // MARK: - News

    /// - Parameter reason: of a doubt.
    private func tell(_ news: CycleStep.News, of job: DeliveryJob, from upstream: Upstream, reason: String = "") {
        switch news {
        case .delivered(let recipients, let reply):
            if !job.isProbe { upstream.delivered(recipients.count, sender: job.message.tenant) }
            streams.delivered(recipients.count, of: job)
            reporter.delivered(recipients, of: job, by: upstream, reply: reply)
        case .failed(let recipients, let upstream, let phase, let reply):
            streams.failed(recipients.count, of: job)
            reporter.failed(recipients, of: job.message, by: upstream, phase: phase, reply: reply)
        case .inDoubt(let recipients, let since):
            streams.requeued(job)
            reporter.inDoubt(recipients, of: job, at: upstream, since: since, reason: reason)
        case .requeued(let recipients, let due, let phase):
            streams.requeued(job)
            reporter.requeued(recipients, of: job, until: due, phase: phase)
        case .judged(let opinion, let recipient, let judge, let isConfirmed):
            reporter.judged(opinion, of: job, recipient, by: judge, isConfirmed: isConfirmed)
            weigh(opinion, of: job, recipient, by: judge, isConfirmed: isConfirmed)
        case .bounced(let recipient, let kind, let reply):
            streams.bounced(kind, of: job)
            suppression.count(recipient, kind, reply: reply, of: job.message, at: clock.wall)
        case .suppressed(let recipient, let match, let action):
            streams.suppressed(job)
            reporter.suppressed(recipient, of: job.message, match, action)
        }
    }

    /// It is known what a refusal for an unknown reason was worth: that of a server which refused what another one took is
    /// evidence against it, unless the refusal was about the recipient in all likelihood.
    ///
    /// - Parameter recipient: index of the refused recipient.
    private func weigh(_ opinion: Opinion, of job: DeliveryJob, _ recipient: Int, by judge: Int, isConfirmed: Bool) {
        let upstream = upstreams[opinion.upstream]
        guard isConfirmed || opinion.isRefutable else { return job.endTrialWithoutVerdict(of: upstream) }
        let isTrial = job.endTrial(of: upstream)
        guard !isConfirmed else {
            if judge != opinion.upstream { upstream.circuit.confirmed() }
            return mover.run(upstream.worked(isTrial: isTrial), of: upstream)
        }
        let refutation = Refutation(
            opinion.reply, message: job.id, domain: job.message.recipients[recipient].address.domain,
            sender: job.message.tenant)
        mover.run(upstream.refuted(refutation, isTrial: isTrial, began: opinion.began), of: upstream)
    }
}
