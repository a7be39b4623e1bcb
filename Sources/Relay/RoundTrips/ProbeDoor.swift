internal import Delivery
internal import Mail
internal import Probing
internal import Synchronization

/// Passes on to the round trips what concerns them, as soon as they are there: delivery begins before them.
final class ProbeDoor: Sendable {
    private struct State {
        var service: RoundTripService?
        /// What came before; bounded, since it only lasts as long as a start.
        var waiting: [ProbeNews] = []
        var outOfUse: Set<String> = []
    }

    private static let limit = 10_000
    private let state = Mutex(State())

    /// - Parameter overrides: of upstreams, from earlier.
    init(_ overrides: [String: AdminOverride]) {
        state.withLock { $0.outOfUse = overrides.outOfUse }
    }

    func open(_ service: RoundTripService) {
        let (waiting, outOfUse) = state.withLock { state in
            state.service = service
            defer { state.waiting = [] }
            return (state.waiting, state.outOfUse)
        }
        service.setOutOfUse(outOfUse)
        for news in waiting { service.heard(news) }
    }

    func heard(_ news: ProbeNews) {
        let service = state.withLock { state in
            if state.service == nil, state.waiting.count < Self.limit { state.waiting.append(news) }
            return state.service
        }
        service?.heard(news)
    }

    func changed(_ overrides: [String: AdminOverride]) {
        let service = state.withLock { state in
            state.outOfUse = overrides.outOfUse
            return state.service
        }
        service?.setOutOfUse(overrides.outOfUse)
    }

    /// An operator's reset ends what round trips have brought about.
    func note(_ event: DeliveryEvent) {
        guard case .upstreamControl(let upstream, "reset", _, _, expired: nil) = event else { return }
        state.withLock(\.service)?.pardon(upstream)
    }
}

extension [String: AdminOverride] {
    /// Those whose upstreams get no new mail.
    fileprivate var outOfUse: Set<String> { Set(filter { $0.value.state != .enabled }.keys) }
}
