internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// What upstreams hear of messages and sessions, and what follows from it.
extension Dispatcher {
    /// Carries out what an upstream has come to.
    func run(_ effects: UpstreamEffects, of upstream: Upstream) {
        guard !effects.isEmpty else { return }
        if effects.contains(.works) { queue.releaseStranded() }
        if effects.contains(.takesNone) { evacuate(upstream) }
        if effects.contains(.isDisabled) {
            evacuate(upstream, reason: "disabled by hand")
            for session in upstream.pool.sessions where session.isIdle && session.phase == .idle { session.quit() }
        }
        if effects.contains(.takesMail) { queue.releaseAll() }
    }

    /// A message is the trial of an open circuit.
    func beginTrial(of upstream: Upstream, by job: DeliveryJob) {
        endTrialWithoutVerdict(job)
        job.trialOf = upstream.index
        run(upstream.beginTrial(by: job.id), of: upstream)
    }

    /// It is known what a refusal for an unknown reason was worth: that of a server which refused what another one took is
    /// evidence against it.
    ///
    /// - Parameters:
    ///   - recipient: index of the one that the refusal was about.
    ///   - judge: index of the upstream that has decided.
    func weigh(_ opinion: Opinion, of job: DeliveryJob, _ recipient: Int, by judge: Int, isConfirmed: Bool) {
        let upstream = upstreams[opinion.upstream]
        if judge != opinion.upstream {
            report(
                .secondOpinion(
                    job.id, recipients: job.cycle.addresses(of: [recipient]), upstream: upstream.name,
                    by: upstreams.names[judge], isConfirmed: isConfirmed, reply: opinion.reply.description))
        }
        let isTrial = job.endTrial(of: upstream)
        guard !isConfirmed else { return run(upstream.worked(isTrial: isTrial), of: upstream) }
        let refutation = Refutation(
            opinion.reply, message: job.id, domain: job.message.recipients[recipient].address.domain,
            sender: job.message.tenant)
        run(upstream.refuted(refutation, isTrial: isTrial, began: opinion.began), of: upstream)
    }
}
