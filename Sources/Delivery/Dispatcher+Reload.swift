internal import Mail
internal import Spool
internal import Upstreams

/// A new relay.conf.
extension Dispatcher {
    /// Replaces everything at once: upstreams, routes, and what applies to waiting messages. Nothing is in progress for it
    /// afterwards, except that removed upstreams and former sessions finish what they have.
    ///
    /// - Returns: whether messages that only wait may have other times by now: then ``renew(by:)`` has to follow.
    func replace(with settings: DeliverySettings) -> Bool {
        guard !flow.isStopping else { return false }
        let reload = UpstreamReload(from: policies.settings, to: settings)
        let hasOtherTimes = settings.hasOtherTimes(than: policies.settings)
        let former = upstreams.routes
        policies.replace(settings)
        queue.replace(plan.deadlineRules(clock), at: clock.now())
        queue.replace(settings.priority)
        opener.replace(hostname: settings.hostname)
        prober.replace(timeout: settings.health.timeout, hostname: settings.hostname)
        endChecks(before: reload)
        let effects = upstreams.replace(settings, reload)
        prober.resume()
        paces.replace(settings)
        streams.replace(settings.streams, isNamedAlike: former.names(like: upstreams.routes))
        mover.reroute(isSortedAlike: former.sorts(like: upstreams.routes))
        for (upstream, effects) in effects { mover.run(effects, of: upstream) }
        if upstreams.routes.leadsFurther(than: former) || !reload.added.isEmpty { queue.releaseWaiting() }
        expected = nil
        spool.expectAttempts(through: nil)
        pump()
        arrangeTick()
        return hasOtherTimes
    }

    /// No health check may be under way while the sessions of its upstream are renewed.
    private func endChecks(before reload: UpstreamReload) {
        for (name, change) in reload.kept where change.contains(.sessions) {
            if let upstream = upstreams[name] { prober.interrupt(upstream) }
        }
        for name in reload.removed { if let upstream = upstreams[name] { prober.interrupt(upstream) } }
    }

    /// Gives what waits the times of now, and finds what waited for an operator by the settings before.
    func renew(by schedule: SpoolSchedule) {
        guard !flow.isStopping else { return }
        queue.renew(by: schedule, WaitingTimes(plan: plan, ages: clock.ages, now: clock.now()))
        pump()
        arrangeTick()
    }
}

extension RouteTable {
    /// Whether a message may get an upstream that it could not have before.
    fileprivate func leadsFurther(than former: RouteTable) -> Bool {
        guard sorts(like: former) else { return true }
        return zip(candidates, former.candidates).contains { !Set($0).isSubset(of: $1) }
    }
}
