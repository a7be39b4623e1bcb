internal import Mail
internal import Spool
internal import Upstreams

/// The routes of messages in memory after a reload.
extension JobMaker {
    /// A message that no upstream has had in its cycle goes by the routes of now, as if they had been there before.
    ///
    /// - Returns: false if its cycle would be another one, so that it has to be read again.
    func rejoin(_ job: DeliveryJob) -> Bool {
        guard job.isFresh, let first = job.pending.first else { return false }
        let route = route(of: first, of: job.message)
        guard upstreams.routes.isTrivial || job.pending.allSatisfy({ self.route(of: $0, of: job.message) == route })
        else { return false }
        job.cycle.take(terms(by: route, of: job))
        job.edition = upstreams.edition
        return true
    }

    /// A message in the midst of its cycle goes on by the routes of now. Recipients that have another one than the first
    /// have their turn when the cycle has ended.
    func renew(_ job: DeliveryJob) {
        guard job.edition !== upstreams.edition else { return }
        defer { job.edition = upstreams.edition }
        retake(job)
        guard !upstreams.routes.isTrivial else { return }
        let others = job.cycle.unsettled.filter { route(of: $0, of: job.message) != job.route }
        job.cycle.leave(Set(others))
        job.otherRoutes = Set(others.map { route(of: $0, of: job.message) })
    }

    /// The terms of its route as they are now, for a message whose recipients have just been answered.
    func retake(_ job: DeliveryJob) {
        guard job.edition !== upstreams.edition, let first = job.cycle.unsettled.first else { return }
        if job.cycle.isBound, let name = job.message.boundUpstream, upstreams[name] == nil { job.cycle.unbind() }
        job.cycle.take(terms(by: route(of: first, of: job.message), of: job))
    }

    private func route(of recipient: Int, of message: SpooledMessage) -> Int {
        guard !upstreams.routes.isTrivial else { return 0 }
        return upstreams.routes.route(of: message.routingSubject, recipient: message.recipients[recipient].address.text)
    }

    /// What the cycle was restricted to stays so, as far as the route leads there.
    private func terms(by route: Int, of job: DeliveryJob) -> MessageCycle.Terms {
        var terms = job.cycle.terms
        let settings = upstreams.routes.routes[route]
        terms.route = route
        terms.upstreams = upstreams.routes.candidates[route]
        terms.asksSecondOpinion = settings.secondOpinion
        terms.failsOverOnReject = settings.failoverOnReject
        terms.headers = settings.headers
        if let only = terms.onlyUpstreams, !job.cycle.isBound {
            let left = only.filter(terms.upstreams.contains)
            terms.onlyUpstreams = left.isEmpty ? nil : left
        }
        restrict(&terms, of: job.message)
        return terms
    }
}

extension DeliveryJob {
    /// Whether nothing distinguishes its cycle from that of any message that has just arrived.
    fileprivate var isFresh: Bool {
        cycle.tried.isEmpty && cycle.doubts.isEmpty && cycle.terms.onlyUpstreams == nil && otherRoutes.isEmpty
            && cycle.rest.isEmpty && cycle.leftOver.isEmpty && cycle.postponed.isEmpty && message.boundUpstream == nil
    }
}
