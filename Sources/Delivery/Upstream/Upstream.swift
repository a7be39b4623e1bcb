internal import Mail
internal import Upstreams

/// One upstream: its circuit, throttle, operator's override, sessions, rules and history.
///
/// Confined to the delivery's event loop. Events come in as method calls; it judges, records and reports them, and returns
/// what the rest of the delivery has to do.
final class Upstream {
    /// Its place in the ``UpstreamDirectory``, whatever the order of relay.conf.
    let index: Int
    let name: String
    /// The meaning of its replies.
    private(set) var rules: RuleBook
    let pool: UpstreamPool
    let clock: DeliveryClock
    let report: @Sendable (DeliveryEvent) -> Void

    // Only this type writes these.
    var circuit: Circuit
    var throttle: Throttle
    /// What it has been given of its quotas; nil if it never had any.
    var quota: QuotaLedger?
    /// Of the throttle, what waiting classes have been kept from.
    private var debts = ClassDebts()
    /// The operator's order in force.
    var adminOverride: AdminOverride
    private var probeTimer: ProbeTimer
    /// Whether this machine is known to lack what a connection needs.
    private var isShort = false
    /// Whether a health check has ended.
    private var isChecked = false
    var record: UpstreamRecord
    /// Its place in relay.conf, from 0; after all others if it is not there any more.
    var priority: Int
    /// Since when relay.conf has not had it any more: it takes nothing, and ends with what is in progress.
    private(set) var removedAt: Timestamp?
    /// The last edition of the routes that had it.
    private(set) var removedIn: Int?

    /// - Parameters:
    ///   - interval: of its health checks; zero for none.
    ///   - adminOverride: an operator's order from before the start; ignored if expired.
    ///   - quotas: what it was given before the start.
    init(
        _ pool: UpstreamPool, circuit: Circuit.Settings, probes interval: Duration, adminOverride: AdminOverride?,
        quotas: QuotaRecord? = nil, clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        let now = clock.wall
        self.index = pool.index
        self.name = pool.settings.name
        self.priority = pool.index
        self.rules = RuleBook(pool.settings)
        self.pool = pool
        self.clock = clock
        self.report = report
        self.circuit = Circuit(settings: circuit)
        self.throttle = Throttle(limit: pool.settings.maxRate, now: clock.instant)
        self.quota = Self.ledger(pool.settings, quotas, clock)
        self.adminOverride = Self.inForce(adminOverride, now)
        self.probeTimer = ProbeTimer(interval: interval, now: clock.instant)
        self.record = UpstreamRecord(since: now)
    }

    private static func inForce(_ adminOverride: AdminOverride?, _ now: Timestamp) -> AdminOverride {
        let isInForce = adminOverride?.until.map { $0 > now } ?? true
        return (isInForce ? adminOverride : nil) ?? AdminOverride(state: .enabled, since: now)
    }

    var settings: UpstreamSettings { pool.settings }

    // MARK: - What it takes

    /// Whether the operator allows mail to it, and relay.conf has it.
    var isEnabled: Bool { adminOverride.state == .enabled && removedAt == nil }

    var isRemoved: Bool { removedAt != nil }

    /// Whether it accepts mail now, though perhaps without room or a turn for it.
    var isWorking: Bool {
        guard isEnabled, hasQuota else { return false }
        switch circuit.admission(now: clock.instant) {
        case .admitted, .overflow: return true
        case .trial, .refused: return false
        }
    }

    /// Whether it accepts probes of its own now, though perhaps without a turn for one.
    var takesProbes: Bool {
        guard isEnabled, hasQuota else { return false }
        switch circuit.admission(now: clock.instant, ofProbe: true) {
        case .admitted, .overflow: return true
        case .trial, .refused: return false
        }
    }

    /// Whether it accepts at least one message, if only as a trial.
    var mayTake: Bool { isWorking || letsOneTry }

    /// Whether the relay's own rules may fail its mail at once.
    var believesRules: Bool { circuit.believesRules(now: clock.instant) }

    /// Whether its circuit would admit one message as a trial.
    var letsOneTry: Bool { isEnabled && hasQuota && circuit.admission(now: clock.instant) == .trial }

    /// Whether it accepts every message, with no ramp and no suspicion.
    var isSure: Bool {
        isEnabled && hasQuota && !circuit.isSuspect && circuit.admission(now: clock.instant) == .admitted
    }

    /// Its share of the traffic, 0 to 1.
    var share: Double { isEnabled && hasQuota ? circuit.share : 0 }

    /// Its state for ``UpstreamSelector``.
    ///
    /// - Parameters:
    ///   - priority: of the message.
    ///   - isMoving: whether another upstream has just failed the message; a long queue here does not matter then.
    ///   - isProbe: whether it is a probe of this upstream, which has no other to go to.
    func candidate(for priority: Priority, isMoving: Bool = false, isProbe: Bool = false) -> UpstreamCandidate {
        UpstreamCandidate(
            circuit, throttle, isEnabled: isEnabled, spentUntil: quotaFreeInstant, isOwed: debts.isDue(priority),
            isProbe: isProbe,
            load: UpstreamCandidate.Load(
                inFlight: pool.load, isBusy: !isMoving && !isProbe && !pool.wantsMore(of: priority),
                isStalled: pool.isStalled, isFull: pool.isFull),
            now: clock.instant)
    }

    /// It has been chosen for a message of this class.
    func take(_ priority: Priority) {
        throttle.take(now: clock.instant)
        debts.went(priority)
    }

    /// A message of this class that it might have had has to wait: if that is for its rate, the class is owed its share.
    func hasWaiting(_ priority: Priority) {
        if throttle.nextAllowed(now: clock.instant) != nil { debts.waits(priority) }
    }

    /// Every class has had the chance to ask for a turn.
    func roundEnded() { debts.roundEnded() }

    /// Classes have other shares from now on.
    func replace(_ weights: ClassWeights) {
        pool.replace(weights)
        debts.replace(weights)
    }

    /// It was a candidate for a message, which its ramp counts.
    func countInRamp() { _ = circuit.admit(now: clock.instant) }

    // MARK: - What happens

    /// A message is to be the trial of its circuit.
    ///
    /// - Parameter isProbe: whether it is a probe of this upstream.
    func beginTrial(by id: QueueID, isProbe: Bool = false) -> UpstreamEffects {
        changed(circuit.admit(now: clock.instant, ofProbe: isProbe).transition, detail: "\(id)")
    }

    /// The trial ended without a verdict about the upstream.
    func trialEndedWithoutVerdict() {
        // The next trial may be at once, so what is queued here stays.
        _ = changed(circuit.trialEndedWithoutVerdict(now: clock.instant))
    }

    /// It has accepted a message for this number of recipients.
    func delivered(_ recipients: Int, sender: String) {
        record.deliveredTotal += recipients
        circuit.took(sender: sender, now: clock.instant)
    }

    /// It has accepted a message for every recipient.
    func tookWhole(_ reply: String) {
        record.lastSuccess = .init(at: clock.wall, phase: OutcomePhase.dot.rawValue, text: reply, verdict: nil)
    }

    /// It has accepted a message, or refused one for the message's own sake: it works.
    ///
    /// - Parameters:
    ///   - took: the time it needed, up to the reply to the final dot; nil if there was none.
    ///   - began: start of the attempt.
    func worked(isTrial: Bool, took: Duration? = nil, began: MonotonicInstant? = nil) -> UpstreamEffects {
        if let took { record.latencies.add(took) }
        let effects: UpstreamEffects = circuit.isSuspect ? .works : []
        let transition = circuit.succeeded(
            now: clock.instant, isTrial: isTrial, took: took, began: took == nil ? nil : began,
            jitter: took == nil ? 0 : clock.jitter())
        return effects.union(changed(transition))
    }

    /// It has failed.
    ///
    /// - Parameters:
    ///   - phase: such as `connect`, `mail`.
    ///   - began: start of the attempt concerned; nil if there was none.
    func failed(
        at phase: String, _ reason: String, _ verdict: Verdict = .hostFault, began: MonotonicInstant? = nil
    ) -> UpstreamEffects {
        record.failed("\(phase): \(reason)", at: phase)
        record.failedTotal += 1
        let transition = circuit.failed(
            now: clock.instant, jitter: clock.jitter(), verdict.opensCircuit ? .account : .transport, began: began)
        return changed(transition, detail: record.lastError)
    }

    /// Another upstream has accepted what this one refused for an unknown reason.
    ///
    /// - Parameters:
    ///   - isTrial: whether the message was the trial.
    ///   - began: start of the refused attempt.
    func refuted(_ refutation: Refutation, isTrial: Bool, began: MonotonicInstant) -> UpstreamEffects {
        let transition = circuit.refuted(
            refutation, now: clock.instant, jitter: clock.jitter(), isTrial: isTrial, began: began)
        guard let transition else { return [] }
        record.failed("refuted: \(refutation.fingerprint)")
        record.refutedReply = transition.to == .open ? "\(refutation.fingerprint)" : nil
        return changed(transition)
    }

    /// Takes the next step of the ramp if it is due.
    func advance() -> UpstreamEffects {
        guard let step = circuit.nextStepAt, step <= clock.instant else { return [] }
        return changed(circuit.advance(now: clock.instant))
    }

    /// It gets mail for the first time: a part of it, by the steps of its circuit.
    func beginAsNew() { _ = changed(circuit.beginAsNew(now: clock.instant)) }

    /// It is new no more, if it has all its traffic, or was reset by hand.
    ///
    /// - Parameter settings: the usual ones of its circuit.
    func becomeKnown(_ settings: Circuit.Settings) {
        guard !circuit.isNew || circuit.share >= 1 else { return }
        circuit.becameKnown()
        circuit.replace(settings: settings, now: clock.instant)
    }

    // MARK: - Health checks

    /// When its next health check is due; nil for never.
    var probeDue: MonotonicInstant? {
        probeTimer.due(adminOverride.state == .disabled || isRemoved ? .disabled : circuit.probeHealth)
    }

    /// Whether nobody has seen it greet, and the first health check is still to tell how it does.
    var isUnknown: Bool { awaitsFirstCheck && pool.times.longest == nil }

    /// Whether its first health check is on, or due now.
    var awaitsFirstCheck: Bool {
        !isChecked && (pool.isBeingChecked || probeDue.map { $0 <= clock.instant } ?? false)
    }

    /// Whether the next messages of an idle session are pipelined.
    func usesPipelining(in session: UpstreamSession) -> Bool {
        pool.pipelining.isUsed(by: session, now: clock.instant, awaitsCheck: awaitsFirstCheck)
    }

    /// This machine is short of what a connection or a session needs: neither the upstream nor the mail is to blame.
    func fellShort(_ reason: String) {
        pool.pauseConnecting()
        guard !isShort else { return }
        isShort = true
        report(.connectingPaused(upstream: name, reason: reason))
    }

    func gotConnection() {
        guard isShort else { return }
        isShort = false
        report(.connectingResumed(upstream: name))
    }

    /// A health check has ended.
    func probed(_ result: ProbeResult) -> UpstreamEffects {
        probeTimer.ended(now: clock.instant, jitter: clock.jitter())
        isChecked = true
        if result.isShortage {
            fellShort(result.text)
            return []
        }
        let hadFailed = record.lastProbe?.failedPhase != nil
        record.probed(result)
        if hadFailed || result.failedPhase != nil { report(.probe(upstream: name, result)) }
        guard let phase = result.failedPhase else {
            let wasSuspect = circuit.isSuspect
            let effects = changed(circuit.probeSucceeded(now: clock.instant))
            return wasSuspect && !circuit.isSuspect ? effects.union(.works) : effects
        }
        record.failed("probe: \(phase): \(result.text)", at: phase)
        let transition =
            result.isAccountFault
            ? circuit.failed(now: clock.instant, jitter: clock.jitter(), .account)
            : circuit.probeFailed(now: clock.instant, jitter: clock.jitter())
        return changed(transition, detail: record.lastError)
    }

    // MARK: - Reloads

    /// relay.conf has other settings for it, or for all of them.
    ///
    /// - Parameters:
    ///   - access: for new sessions; nil to keep the present one.
    ///   - quotas: what it was given earlier, if it has had no quota since.
    func replace(
        _ settings: UpstreamSettings, _ change: UpstreamChange, access: UpstreamAccess?, quotas: QuotaRecord? = nil,
        in delivery: DeliverySettings
    ) -> UpstreamEffects {
        let former = self.settings
        if settings != self.settings { rules = RuleBook(settings) }
        let now = clock.instant
        throttle.replace(limit: settings.maxRate, now: now)
        circuit.replace(settings: delivery.circuitSettings(of: settings, isNew: circuit.isNew), now: now)
        probeTimer.replace(interval: delivery.health.interval, isNew: change.contains(.means), now: now)
        if change.contains(.address) { isChecked = false }
        pool.replace(
            settings, change, access: access,
            limits: SessionWatchdog.Limits(settings, slow: delivery.circuit.latencyThreshold))
        let effects = replaceQuota(former, quotas)
        guard change.contains(.means) else { return effects }
        let means = changed(circuit.meansChanged(isProbed: delivery.health.interval > .zero, now: now))
        return effects.union(means.subtracting(.takesNone))
    }

    /// Its account has a token after a login had to do without one.
    func gotToken() -> UpstreamEffects {
        guard circuit.isAccountFault else { return [] }
        let transition = circuit.meansChanged(
            isProbed: false, cause: "its account has a token again", now: clock.instant)
        return changed(transition).subtracting(.takesNone)
    }

    /// relay.conf has it no more.
    ///
    /// - Parameter edition: the last one of the routes that had it.
    func remove(in edition: Int) {
        removedAt = clock.wall
        removedIn = edition
        adminOverride = AdminOverride(state: .enabled, since: clock.wall)
        pool.renew()
    }

    /// relay.conf has it again, while something was still in progress.
    ///
    /// - Parameter adminOverride: an operator's order from before; ignored if expired.
    func comeBack(_ adminOverride: AdminOverride?) {
        removedAt = nil
        removedIn = nil
        self.adminOverride = Self.inForce(adminOverride, clock.wall)
    }

    // MARK: - Changing

    /// Records and reports a transition of the circuit.
    ///
    /// - Parameter detail: what the upstream did, added to the cause.
    func changed(_ transition: CircuitTransition?, detail: String? = nil) -> UpstreamEffects {
        guard let transition else { return [] }
        noteMove(transition)
        let cause = detail.map { "\(transition.cause); \($0)" } ?? transition.cause
        record.changed(at: clock.wall, transition, cause: cause)
        report(
            .circuit(
                upstream: name, from: transition.from, to: transition.to, share: transition.share, cause: cause,
                until: transition.until.map { clock.wall(of: $0) }))
        switch transition.to {
        case .open: return .takesNone
        case .closed: return transition.kind == .state ? .takesMail : []
        case .halfOpen: return []
        }
    }

    /// While an operator keeps mail from it, its circuit moves no traffic.
    private func noteMove(_ transition: CircuitTransition) {
        guard isEnabled, transition.kind == .state else { return }
        switch (transition.from, transition.to) {
        case (.closed, .open): pool.meter.failedOver(transition.reason)
        case (.open, .closed), (.halfOpen, .closed): pool.meter.failedBack(transition.reason)
        case (.closed, _), (.open, _), (.halfOpen, _): break
        }
    }
}
