internal import OAuth

/// The accounts whose tokens the relay gets by itself. Upstreams with the same settings share one: a refresh token must
/// not be used twice beside each other.
///
/// Confined to the delivery's event loop.
final class TokenDesk {
    private let source: any TokenSource
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
    private var keepers: [OAuthSettings: TokenKeeper] = [:]
    /// Called with names of upstreams that have a token after they had to do without one; set once, by its owner.
    var returned: ([String]) -> Void = { _ in }

    init(_ source: any TokenSource, clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void) {
        self.source = source
        self.clock = clock
        self.report = report
    }

    /// The upstreams of relay.conf: new accounts get their first token, in this order, and the others keep theirs.
    func list(_ upstreams: [UpstreamSettings]) {
        var users: [OAuthSettings: [String]] = [:]
        for upstream in upstreams {
            if let settings = upstream.oauth { users[settings, default: []].append(upstream.name) }
        }
        for (settings, keeper) in keepers where users[settings] == nil {
            keeper.stop()
            keepers[settings] = nil
        }
        for settings in upstreams.compactMap(\.oauth) {
            let known = keepers[settings]
            let keeper = known ?? make(settings)
            keeper.upstreams = users[settings] ?? []
            if known == nil { keeper.start() }
        }
    }

    /// The relay ends: nothing is renewed any more.
    func stop() {
        for keeper in keepers.values { keeper.stop() }
    }

    /// Nil for an account that no listed upstream has.
    subscript(settings: OAuthSettings) -> TokenKeeper? { keepers[settings] }

    private func make(_ settings: OAuthSettings) -> TokenKeeper {
        let keeper = TokenKeeper(settings, source: source, clock: clock, report: report)
        keeper.returned = { [weak self] in self?.returned($0) }
        keepers[settings] = keeper
        return keeper
    }
}
