internal import Delivery
internal import RoundTrips

/// Carries out what round trips decide about upstreams, one after the other: an acquittal must not overtake its blame.
struct VerdictQueue: Sendable {
    private typealias Verdict = @Sendable (DeliveryService) async -> Void

    private let verdicts: AsyncStream<Verdict>.Continuation

    init(_ delivery: DeliveryService) {
        let (stream, verdicts) = AsyncStream.makeStream(of: Verdict.self)
        self.verdicts = verdicts
        // Lives until the queue is ended with the round trips.
        Task {
            for await verdict in stream { await verdict(delivery) }
        }
    }

    func blame(_ blame: UpstreamBlame) {
        guard let order = blame.order else {
            // A reload may have changed the action.
            return acquit(blame.upstream, "its action is alert")
        }
        verdicts.yield { await $0.blame(upstream: blame.upstream, order, cause: blame.cause) }
    }

    func acquit(_ upstream: String, _ cause: String) {
        verdicts.yield { await $0.acquit(upstream: upstream, cause: cause) }
    }

    func end() { verdicts.finish() }
}

extension UpstreamBlame {
    /// nil if somebody is told, and no more.
    fileprivate var order: RoundTripBlame? {
        switch action {
        case .alert: nil
        case .reduce: .reduce
        case .open: .open
        }
    }
}
