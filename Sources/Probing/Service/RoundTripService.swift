package import Delivery
package import Mail
package import NIOCore
package import RoundTrips

/// Round trips, as seen by the rest of the relay.
package final class RoundTripService: Sendable {
    private let eventLoop: any EventLoop
    private let store: RoundTripStore
    private let runner: NIOLoopBound<RoundTripRunner>

    /// Must be called on `eventLoop`.
    private init(_ runner: RoundTripRunner, _ eventLoop: any EventLoop, _ store: RoundTripStore) {
        self.eventLoop = eventLoop
        self.store = store
        self.runner = NIOLoopBound(runner, eventLoop: eventLoop)
    }

    /// Reads what is kept. Nothing is sent before ``replace(_:upstreams:)``.
    ///
    /// - Parameter eventLoop: for mailboxes; not the mail's.
    package static func start(
        _ eventLoop: any EventLoop, _ means: RoundTripMeans
    ) async throws -> RoundTripService {
        try await eventLoop.submit {
            RoundTripService(RoundTripRunner(eventLoop, means), eventLoop, means.store)
        }.get()
    }

    /// Other round trips apply.
    ///
    /// - Parameter upstreams: names of all of relay.conf.
    package func replace(_ trips: [RoundTripSettings], upstreams: [String]) async {
        await run { $0.replace(trips, upstreams: upstreams) }
    }

    /// What operators say of upstreams has changed.
    ///
    /// - Parameter names: of those that are disabled or draining.
    package func setOutOfUse(_ names: Set<String>) { tell { $0.setOutOfUse(names) } }

    /// Something has become of a probe; called from any thread.
    package func heard(_ news: ProbeNews) { tell { $0.heard(news) } }

    /// An operator has closed the circuit of an upstream by hand.
    package func pardon(_ upstream: String) { tell { $0.pardon(upstream) } }

    // MARK: - Operators

    /// How each path stands, in order; costs little.
    package func standings() async -> [TripStanding] { await run { $0.standings } }

    /// A line for each path, in order.
    package func listings() async -> [TripListing] { await run { $0.listings } }

    /// The present moment, and what has happened until then: a value that may be looked into anywhere.
    package func history() async -> (history: TripHistory, now: Timestamp) { await run { ($0.history, $0.now) } }

    /// Has a probe sent now, besides those that are due.
    ///
    /// - Returns: whether there is such a path.
    package func request(_ path: TripPath) async -> Bool { await run { $0.request(path) } }

    /// Returns once everything is on disk, or has failed, and the sessions have ended.
    package func stop() async {
        for looker in await run({ $0.stop() }) { await looker.stop() }
        await store.flush()
    }

    // MARK: - The loop

    private func tell(_ body: @escaping @Sendable (RoundTripRunner) -> Void) {
        eventLoop.execute { [runner] in body(runner.value) }
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable (RoundTripRunner) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            eventLoop.execute { [runner] in continuation.resume(returning: body(runner.value)) }
        }
    }
}
