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
        case .reset: mover.run(upstream.reset(order), of: upstream)
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
        prober.probe(upstream) { [weak self] in promise.succeed(self?.detail(of: upstream.name)) }
        return promise.futureResult
    }

    func statuses() -> [UpstreamStatus] { upstreams.all.map(\.status) }

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
