internal import Mail
internal import Notices
internal import Spool
internal import Suppression
internal import Upstreams

/// Reports the fate of a message's recipients to the log and the metrics.
struct CycleReporter {
    let clock: DeliveryClock
    let policies: DeliveryPolicies
    let upstreams: UpstreamDirectory
    let report: @Sendable (DeliveryEvent) -> Void
    let probes: @Sendable (ProbeNews) -> Void

    /// Why a message waits that no upstream has said anything about.
    static let noUpstream = "no upstream takes mail now"

    func delivered(_ recipients: [Int], of job: DeliveryJob, by upstream: Upstream, reply: String) {
        let now = clock.now()
        let delay = clock.ages.age(of: job.message, at: now)
        let wait = job.message.releaseAt == nil ? delay : clock.wait(of: job.message, at: now)
        if !job.isProbe { upstreams.meter(of: job).acceptToTaken.record(wait) }
        let event = DeliveryEvent.delivered(
            job.id, recipients: job.addresses(of: recipients), upstream: upstream.name, reply: reply,
            took: clock.instant - job.attemptBegan, delay: delay, wait: wait, tls: job.tls)
        report(event, of: job)
        guard job.isProbe, let mark = job.message.probe, job.message.isDelivered else { return }
        probes(.took(mark, upstream: upstream.name))
    }

    /// The recipients go to another upstream at once.
    func moved(
        _ addresses: [Address], of job: DeliveryJob, from upstream: Upstream, to next: Upstream, phase: String,
        reply: String, tls: String? = nil
    ) {
        let event = DeliveryEvent.deferred(
            job.id, recipients: addresses, upstream: upstream.name, phase: phase, reply: reply, next: next.name,
            retryAt: nil, tls: tls)
        report(event, of: job)
    }

    /// - Parameter recipients: those about whom the same upstream said the same last.
    func requeued(_ recipients: [Int], of job: DeliveryJob, until due: Timestamp, phase: String?) {
        let recipient = job.message.recipients[recipients[0]]
        let event = DeliveryEvent.deferred(
            job.id, recipients: job.addresses(of: recipients), upstream: recipient.upstream, phase: phase,
            reply: recipient.lastReply ?? Self.noUpstream, next: nil, retryAt: clock.wall(of: due), tls: nil)
        report(event, of: job)
    }

    /// A notice is committed with what it tells of.
    func noticed(_ notice: PlannedNotice, about id: QueueID) {
        report(
            .notice(
                id, notice: notice.id, kind: notice.plan.kind, to: notice.plan.addressee,
                recipients: notice.plan.recipients.map(\.address)))
    }

    /// - Parameter upstream: index of the deciding upstream; nil if there is none.
    func failed(_ recipients: [Int], of message: SpooledMessage, by upstream: Int?, phase: String, reply: String) {
        let upstream = upstream.map { upstreams.names[$0] }
        let event = DeliveryEvent.failed(
            message.id, recipients: recipients.map { message.recipients[$0].address }, upstream: upstream,
            phase: phase, reply: reply, recipients.first.flatMap { message.recipients[$0].failureClass } ?? .other,
            isNotice: message.notice != nil)
        report(event, of: message.probe)
        if let mark = message.probe { probes(.failed(mark, upstream: upstream, reply: reply)) }
    }

    /// A recipient gets no mail; whoever is told of that hears of a failure.
    func suppressed(
        _ recipient: Int, of message: SpooledMessage, _ match: SuppressionMatch, _ action: SuppressionAction
    ) {
        report(.suppressed(message.id, recipient: message.recipients[recipient].address, match, action))
        guard action == .refuse else { return }
        failed([recipient], of: message, by: nil, phase: "suppressed", reply: match.reply.description)
    }

    func inDoubt(
        _ recipients: [Int], of job: DeliveryJob, at upstream: Upstream, since: Timestamp, reason: String
    ) {
        let inDoubt = policies.plan.inDoubt
        let rule = recipients.first.flatMap { inDoubt.rule(for: job.message.recipients[$0], of: job.message) }
        let policy = rule?.policy ?? upstream.settings.inDoubt
        let hold = rule?.hold ?? upstream.settings.inDoubtHold
        let event = DeliveryEvent.inDoubt(
            job.id, recipients: job.addresses(of: recipients), upstream: upstream.name, error: reason,
            policy: policy.rawValue, holdUntil: policy == .hold ? nil : clock.wall(of: since + hold))
        report(event, of: job)
    }

    /// - Parameter judge: index of the deciding upstream; an upstream that judges itself is not reported.
    func judged(_ opinion: Opinion, of job: DeliveryJob, _ recipient: Int, by judge: Int, isConfirmed: Bool) {
        guard judge != opinion.upstream else { return }
        let event = DeliveryEvent.secondOpinion(
            job.id, recipients: job.addresses(of: [recipient]), upstream: upstreams.names[opinion.upstream],
            by: upstreams.names[judge], isConfirmed: isConfirmed, reply: opinion.reply.description)
        report(event, of: job)
    }

    // MARK: - Probes

    func tell(_ news: ProbeNews) { probes(news) }

    private func report(_ event: DeliveryEvent, of job: DeliveryJob) {
        report(event, of: job.isProbe ? job.message.probe : nil)
    }

    /// An event of a probe is marked as that, since it counts for no mail.
    private func report(_ event: DeliveryEvent, of probe: ProbeMark?) {
        report(probe.map { .ofProbe($0.trip, event) } ?? event)
    }
}
