internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Opens sessions of upstreams.
///
/// Confined to the delivery's event loop.
final class SessionOpener {
    private let hostname: String
    private let connector: any UpstreamConnector
    private let spool: any MessageSpool
    private let upstreams: UpstreamDirectory
    private let mover: MessageMover
    private let flow: DeliveryFlow
    private let clock: DeliveryClock
    /// Who hears of the sessions, and of the end of each connection attempt; set once, by its owner.
    weak var owner: (any UpstreamSessionOwner)?
    var concluded: () -> Void = {}

    init(
        hostname: String, connector: any UpstreamConnector, spool: any MessageSpool, upstreams: UpstreamDirectory,
        mover: MessageMover, flow: DeliveryFlow, clock: DeliveryClock
    ) {
        self.hostname = hostname
        self.connector = connector
        self.spool = spool
        self.upstreams = upstreams
        self.mover = mover
        self.flow = flow
        self.clock = clock
    }

    func open(_ upstream: Upstream) {
        guard let owner else { return }
        let session = UpstreamSession(
            hostname: hostname, upstream: upstream.index, access: upstream.pool.access, limits: upstream.pool.limits,
            owner: owner, spool: spool, pipelines: upstream.pool.pipelining.nextSession(now: clock.instant)
        ) { [eventLoop = clock.eventLoop] in eventLoop.instant }
        let bound = NIOLoopBound((self, upstream, session), eventLoop: clock.eventLoop)
        connector.connect(
            to: upstream.settings, timeout: .nanoseconds(timeout(of: upstream).wholeMilliseconds * 1_000_000),
            handler: session, on: clock.eventLoop
        ).whenComplete { result in
            let (opener, upstream, session) = bound.value
            opener.ended(upstream, session, result.mapError { $0 as any Error })
        }
    }

    private func timeout(of upstream: Upstream) -> Duration {
        let patience = upstreams.canLeave(upstream) ? upstream.settings.patience : .seconds(3600)
        return min(upstream.settings.connectTimeout, patience)
    }

    private func ended(_ upstream: Upstream, _ session: UpstreamSession, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success where session.hasEnded:
            upstream.pool.connectFailed()
        case .success:
            upstream.pool.connected(session)
            upstream.gotConnection()
            if flow.isStopping { session.end(.stopping) }
        case .failure(let error):
            upstream.pool.connectFailed()
            if let shortage = OwnShortage.reason(error) {
                upstream.fellShort(shortage)
                break
            }
            // A failure within the connection, such as TLS, has already been counted under its own name.
            if !session.hasEnded {
                let failure = SessionFailure(.unreachable(ConnectError.sentence(for: error)), at: .connect)
                mover.run(upstream.blamed(for: failure, began: session.began), of: upstream)
            }
            if !upstream.pool.hasWorkingSession { mover.evacuate(upstream) }
        }
        concluded()
    }
}
