internal import Delivery
internal import Upstreams

/// What an order for an upstream would change for the mail that waits: which upstreams each route would use before and
/// after it. A value without IO.
struct UpstreamImpact {
    private let upstreams: [UpstreamStatus]

    /// - Parameter upstreams: all of them, as they stand.
    init(_ upstreams: [UpstreamStatus]) {
        self.upstreams = upstreams
    }

    /// The routes that may use the upstream, with what waits there.
    ///
    /// - Parameter loads: by the name of the route.
    func document(
        of action: UpstreamControl.Action, for name: String, routes: [RouteDocument], loads: [String: RouteLoad]
    ) -> UpstreamImpactDocument {
        let after = UpstreamImpact(upstreams.map { $0.name == name ? $0.after(action) : $0 })
        let concerned = routes.filter { $0.upstreams.contains(name) || $0.lastResort == name }
        let linedUp = standing(name)?.linedUp ?? 0
        return UpstreamImpactDocument(
            upstream: name, action: action.rawValue, inFlight: (standing(name)?.inFlight ?? 0) - linedUp,
            linedUp: linedUp,
            routes: concerned.map { route in
                let load = loads[route.name] ?? RouteLoad()
                return .init(
                    route: route.name, messages: load.messages, recipients: load.recipients, before: takers(of: route),
                    after: after.takers(of: route))
            })
    }

    /// The upstreams that new mail of a route goes to: in mode `priority` the first that works, and the next one while that
    /// gets only part of its traffic; in the others all that work; the last resort if none of them does.
    func takers(of route: RouteDocument) -> [String] {
        let working = route.upstreams.compactMap { standing($0) }.filter(\.takesMail)
        guard let first = working.first else {
            return route.lastResort.flatMap { standing($0) }.filter(\.takesMail).map { [$0.name] } ?? []
        }
        guard route.mode == "priority" else { return working.map(\.name) }
        return first.circuitShare < 1 ? working.prefix(2).map(\.name) : [first.name]
    }

    private func standing(_ name: String) -> UpstreamStatus? { upstreams.first { $0.name == name } }
}

extension UpstreamStatus {
    /// Whether new mail may go there. The share of one that operators keep mail from is 0, so the circuit's counts.
    fileprivate var takesMail: Bool {
        adminOverride.state == .enabled && circuit == .closed && circuitShare > 0 && quotaFreeAt == nil
    }

    /// The same after an order.
    fileprivate func after(_ action: UpstreamControl.Action) -> UpstreamStatus {
        var upstream = self
        switch action {
        case .enable: upstream.adminOverride.state = .enabled
        case .disable: upstream.adminOverride.state = .disabled
        case .drain: upstream.adminOverride.state = .draining
        case .trip: upstream.circuit = .open
        case .reset: (upstream.circuit, upstream.circuitShare) = (.closed, 1)
        case .probe: break
        }
        return upstream
    }
}

extension Optional {
    fileprivate func filter(_ isIncluded: (Wrapped) -> Bool) -> Wrapped? { flatMap { isIncluded($0) ? $0 : nil } }
}
