internal import Alerts
internal import Delivery
internal import Ingress
internal import Mail
internal import Synchronization

/// Counts what alerts compare, from the same events as the log. Costs a lock and an addition per event, and a look at the
/// clock.
final class AlertTally: Sendable {
    private struct State {
        var accepting = LatencyTally()
        var delivering: [String: LatencyTally] = [:]
        var outcomes: [String: OutcomeTally] = [:]
    }

    private let state = Mutex(State())
    private let steady: @Sendable () -> Timestamp

    init(steady: @escaping @Sendable () -> Timestamp) {
        self.steady = steady
    }

    func record(_ event: IngressEvent) {
        guard case .accepted(_, _, _, _, _, _, let took) = event else { return }
        let now = steady()
        state.withLock { $0.accepting.add(took, at: now) }
    }

    func record(_ event: DeliveryEvent) {
        switch event {
        case .delivered(_, let recipients, let upstream, _, _, _, let wait, _):
            let now = steady()
            state.withLock { state in
                state.delivering[upstream, default: LatencyTally()].add(wait, at: now)
                state.outcomes[upstream, default: OutcomeTally()].add(delivered: recipients.count, at: now)
            }
        // An alert that bounces must not be told by another one.
        case .failed(_, let recipients, let upstream?, _, _, _, false):
            let now = steady()
            state.withLock { $0.outcomes[upstream, default: OutcomeTally()].add(failed: recipients.count, at: now) }
        case .failed, .deferred, .suppressed, .notice, .secondOpinion, .inDoubt, .tlsFailed, .circuit, .slowedDown,
            .paceLowered, .paceRestored, .habit, .probe, .connectingPaused, .connectingResumed, .tokenRenewed,
            .tokenFailed, .addressFailed, .addressRecovered, .upstreamControl, .quota, .quotaCorrected,
            .quotasUnwritable, .resolved, .stream, .clockStepped, .ofProbe, .paused, .resumed:
            break
        }
    }

    /// Adds its figures.
    ///
    /// - Parameter upstreams: those that there are; others are forgotten.
    func add(to facts: inout AlertFacts, upstreams: Set<String>) {
        let now = steady()
        state.withLock { state in
            state.delivering = state.delivering.filter { upstreams.contains($0.key) }
            state.outcomes = state.outcomes.filter { upstreams.contains($0.key) }
            facts.acceptLatency = state.accepting.figure(now: now)
            facts.deliveryLatency = state.delivering.compactMapValues { $0.figure(now: now) }
            facts.outcomes = state.outcomes.compactMapValues { $0.figure(now: now) }
        }
    }
}
