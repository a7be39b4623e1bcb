internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Connections to upstreams, and what waits for them.
extension Dispatcher {
    func connect(_ pool: UpstreamPool) {
        let session = UpstreamSession(
            hostname: settings.hostname, upstream: pool.index, access: pool.access, owner: self, spool: spool
        ) { [eventLoop] in eventLoop.instant }
        let timeout = min(pool.settings.connectTimeout, canLeave(pool) ? pool.settings.patience : .seconds(3600))
        let bound = NIOLoopBound((self, pool, session), eventLoop: eventLoop)
        connector.connect(
            to: pool.settings, timeout: .nanoseconds(timeout.wholeMilliseconds * 1_000_000), handler: session,
            on: eventLoop
        ).whenComplete { result in
            let (dispatcher, pool, session) = bound.value
            dispatcher.connectionEnded(pool, session, result.mapError { $0 as any Error })
        }
    }

    private func connectionEnded(
        _ pool: UpstreamPool, _ session: UpstreamSession, _ result: Result<any Channel, any Error>
    ) {
        switch result {
        case .success where session.hasEnded:
            pool.connectFailed()
        case .success:
            pool.connected(session)
            if isStopping { session.end(.stopping) }
        case .failure(let error):
            pool.connectFailed()
            // What ended within the connection, as TLS may, has been counted by its own name.
            if !session.hasEnded {
                let failure = SessionFailure(.unreachable(ConnectError.sentence(for: error)), at: .connect)
                blame(pool, for: failure, began: session.began)
            }
            if !pool.hasWorkingSession { evacuate(pool) }
        }
        pump()
    }

    /// Moves all that wait for sessions of an upstream that cannot be had to the next one.
    ///
    /// - Parameters:
    ///   - reason: where it is not the last error of the upstream.
    ///   - all: whether those go too that no other upstream may take now.
    func evacuate(_ pool: UpstreamPool, reason: String? = nil, all: Bool = true) {
        for job in pool.removePending(where: { all || hasAlternative(to: pool, for: $0) }) {
            endTrialWithoutVerdict(job, of: pool)
            job.cycle.unreachable(pool.index, reason ?? pool.status.lastError ?? "")
            let next = redirect(job)
            if let next {
                report(
                    .deferred(
                        job.id, recipients: job.cycle.pendingAddresses, upstream: pool.settings.name, phase: "connect",
                        reply: job.cycle.lastReason, next: next, retryAt: nil, tls: nil))
            }
        }
    }
}
