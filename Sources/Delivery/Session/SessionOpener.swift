internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// Opens sessions of upstreams for mail.
///
/// Confined to the delivery's event loop.
final class SessionOpener {
    private var means: ConnectionAttempt.Means
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

    /// The relay has another name.
    func replace(hostname: String) { means.hostname = hostname }

    func open(_ upstream: Upstream) {
        guard let owner else { return }
        let began = means.clock.instant
        let terms = ConnectionAttempt.Terms(
            mayLeave: { [weak upstreams, weak upstream] in
                guard let upstreams, let upstream else { return false }
                return upstreams.canLeave(upstream)
            },
            isCrowd: { [weak upstream] in upstream?.wantsFewerSessions($0) ?? false })
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
            failed(upstream, failure, began: began)
        }
        concluded()
    }

    private func failed(_ upstream: Upstream, _ failure: SessionFailure, began: MonotonicInstant) {
        if let words = upstream.refusalOfMore(failure) {
            upstream.note(phase: failure.phase.rawValue, failure.reason, .crowded)
            if upstream.pool.connectionRefused(words) { return }
        } else {
            upstream.pool.connectFailed()
        }
        if case .shortage(let reason) = failure.what { return upstream.fellShort(reason) }
        mover.run(upstream.blamed(for: failure, began: began), of: upstream)
        if !upstream.pool.hasWorkingSession { mover.evacuate(upstream, reason: failure.summary, at: failure.phase) }
    }
}
