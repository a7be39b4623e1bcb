internal import NIOCore
internal import Upstreams

/// Opens sessions of upstreams for mail.
///
/// Confined to the delivery's event loop.
final class SessionOpener {
    private let means: ConnectionAttempt.Means
    private let upstreams: UpstreamDirectory
    private let mover: MessageMover
    private let flow: DeliveryFlow
    /// Who hears of the sessions, and of the end of each connection attempt; set once, by its owner.
    weak var owner: (any UpstreamSessionOwner)?
    var concluded: () -> Void = {}

    init(_ means: ConnectionAttempt.Means, upstreams: UpstreamDirectory, mover: MessageMover, flow: DeliveryFlow) {
        self.means = means
        self.upstreams = upstreams
        self.mover = mover
        self.flow = flow
    }

    func open(_ upstream: Upstream) {
        guard let owner else { return }
        let began = means.clock.instant
        let terms = ConnectionAttempt.Terms(time: nil) { [weak upstreams, weak upstream] in
            guard let upstreams, let upstream else { return false }
            return upstreams.canLeave(upstream)
        }
        let attempt = ConnectionAttempt(to: upstream.pool, means, terms, owner: owner) { [weak self] outcome in
            self?.ended(upstream, outcome, began: began)
        }
        attempt.start()
    }

    private func ended(_ upstream: Upstream, _ outcome: ConnectionAttempt.Outcome, began: MonotonicInstant) {
        switch outcome {
        case .opened(let session):
            upstream.pool.connected(session)
            upstream.gotConnection()
            if session.isGreeted { owner?.sessionReady(session) }
            if flow.isStopping { session.end(.stopping) }
        case .sessionEnded:
            // Its failure, such as TLS, has already been counted under its own name.
            upstream.pool.connectFailed()
        case .failed(let failure):
            upstream.pool.connectFailed()
            if case .shortage(let reason) = failure.what {
                upstream.fellShort(reason)
                break
            }
            mover.run(upstream.blamed(for: failure, began: began), of: upstream)
            if !upstream.pool.hasWorkingSession { mover.evacuate(upstream) }
        }
        concluded()
    }
}
