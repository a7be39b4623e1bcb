internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Operators' orders, and the answers to them.
extension Dispatcher {
    /// - Returns: the state of the upstream once the order is carried out, for a probe once it has ended; nil for an
    ///   unknown name.
    func control(_ name: String, _ order: UpstreamControl) -> EventLoopFuture<UpstreamDetail?> {
        guard let upstream = upstreams[name] else { return eventLoop.makeSucceededFuture(nil) }
        switch order.action {
        case .enable: setState(of: upstream, .enabled, order)
        case .disable: setState(of: upstream, .disabled, order)
        case .drain: setState(of: upstream, .draining, order)
        case .trip: mover.run(upstream.trip(order), of: upstream)
        case .reset:
            upstream.pool.access.askForTokenAgain()
            mover.run(upstream.reset(order), of: upstream)
        case .probe: return probe(upstream)
        }
        pump()
        return eventLoop.makeSucceededFuture(detail(of: name))
    }

    private func setState(of upstream: Upstream, _ state: AdminState, _ order: UpstreamControl) {
        let effects = upstream.setState(state, order)
        upstreams.saveOverrides()
        mover.run(effects, of: upstream)
    }

    private func probe(_ upstream: Upstream) -> EventLoopFuture<UpstreamDetail?> {
        let promise = eventLoop.makePromise(of: UpstreamDetail?.self)
        upstream.pool.access.askForTokenAgain()
        prober.probe(upstream) { [weak self] in promise.succeed(self?.detail(of: upstream.name)) }
        return promise.futureResult
    }

    /// An operator says what an upstream has been given.
    ///
    /// - Returns: the result once it is durable, or cannot be made so.
    func correctQuota(_ name: String, _ correction: QuotaCorrection) -> EventLoopFuture<QuotaCorrectionResult> {
        guard let upstream = upstreams[name] else { return eventLoop.makeSucceededFuture(.unknownUpstream) }
        let quotas = upstream.settings.quota
        let period = correction.period ?? (quotas.count == 1 ? quotas[0].period : nil)
        guard let period, quotas.contains(where: { $0.period == period }) else {
            return eventLoop.makeSucceededFuture(.unknownQuota(quotas))
        }
        let promise = eventLoop.makePromise(of: QuotaCorrectionResult.self)
        self.quotas.whenWritten { [weak self] failure in
            guard let detail = self?.detail(of: name) else { return promise.succeed(.unknownUpstream) }
            promise.succeed(.done(detail, unsaved: failure))
        }
        mover.run(upstream.correctQuota(period, correction), of: upstream)
        pump()
        return promise.futureResult
    }

    func statuses() -> [UpstreamStatus] { upstreams.all.map(\.status) }

    /// What sessions have; and what they had, as long as its outcome is not durable.
    var runningAttempts: RunningAttempts {
        var inSessions: [QueueID: OpenAttempt] = [:]
        for upstream in upstreams.all {
            for session in upstream.pool.sessions {
                session.forEachJob { job in
                    inSessions[job.id] = OpenAttempt(
                        upstream: upstream.name, startedAt: clock.timestamp(of: job.attemptBegan),
                        recipients: job.pending)
                }
            }
        }
        return RunningAttempts(inSessions: inSessions, pastDot: spool.pastFinalDot)
    }

    /// How the paces of recipient domains stand.
    func paceReport() -> PaceReport { paces.status }

    func detail(of name: String) -> UpstreamDetail? { upstreams.detail(of: name) }

    /// When the recipients of a message expire that wait, by the system's clock; nil if none does.
    func expiry(of message: SpooledMessage) -> Timestamp? {
        plan.announcedExpiry(of: message, clock.ages, at: clock.now()).map { clock.wall(of: $0) }
    }

    /// - Parameter addresses: the recipients concerned; nil for all in doubt.
    func resolve(
        _ id: QueueID, _ addresses: [Address]?, as answer: InDoubtResolution
    ) -> EventLoopFuture<InDoubtResolutionResult> {
        resolver.resolve(InDoubtOrder(id: id, addresses: addresses, answer: answer))
    }
}
