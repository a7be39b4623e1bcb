internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// Connections to upstreams, and what waits for them.
extension Dispatcher {
    func connect(_ upstream: Upstream) {
        let session = UpstreamSession(
            hostname: settings.hostname, upstream: upstream.index, access: upstream.pool.access, owner: self,
            spool: spool
        ) { [eventLoop] in eventLoop.instant }
        let patience = canLeave(upstream) ? upstream.settings.patience : .seconds(3600)
        let timeout = min(upstream.settings.connectTimeout, patience)
        let bound = NIOLoopBound((self, upstream, session), eventLoop: eventLoop)
        connector.connect(
            to: upstream.settings, timeout: .nanoseconds(timeout.wholeMilliseconds * 1_000_000), handler: session,
            on: eventLoop
        ).whenComplete { result in
            let (dispatcher, upstream, session) = bound.value
            dispatcher.connectionEnded(upstream, session, result.mapError { $0 as any Error })
        }
    }

    private func connectionEnded(
        _ upstream: Upstream, _ session: UpstreamSession, _ result: Result<any Channel, any Error>
    ) {
        switch result {
        case .success where session.hasEnded:
            upstream.pool.connectFailed()
        case .success:
            upstream.pool.connected(session)
            if isStopping { session.end(.stopping) }
        case .failure(let error):
            upstream.pool.connectFailed()
            // What ended within the connection, as TLS may, has been counted by its own name.
            if !session.hasEnded {
                let failure = SessionFailure(.unreachable(ConnectError.sentence(for: error)), at: .connect)
                run(upstream.blamed(for: failure, began: session.began), of: upstream)
            }
            if !upstream.pool.hasWorkingSession { evacuate(upstream) }
        }
        pump()
    }

    /// Moves all that wait for sessions of an upstream that cannot be had to the next one.
    ///
    /// - Parameters:
    ///   - reason: where it is not the last error of the upstream.
    ///   - all: whether those go too that no other upstream may take now.
    func evacuate(_ upstream: Upstream, reason: String? = nil, all: Bool = true) {
        for job in upstream.pool.removePending(where: { all || upstreams.hasAlternative(to: upstream, for: $0) }) {
            endTrialWithoutVerdict(job, of: upstream)
            job.cycle.unreachable(upstream.index, reason ?? upstream.record.lastError ?? "")
            let next = redirect(job)
            if let next {
                report(
                    .deferred(
                        job.id, recipients: job.cycle.pendingAddresses, upstream: upstream.name, phase: "connect",
                        reply: job.cycle.lastReason, next: next, retryAt: nil, tls: nil))
            }
        }
    }
}
