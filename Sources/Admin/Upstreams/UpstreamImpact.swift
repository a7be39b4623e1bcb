internal import Delivery
internal import Upstreams

/// What an order for an upstream would change for the mail that waits: which upstreams each route would use before and
/// after it. A value without IO.
struct UpstreamImpact {
    private let upstreams: [UpstreamDocument]

    /// - Parameter upstreams: all of them, as they stand.
    init(_ upstreams: [UpstreamDocument]) {
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
        return UpstreamImpactDocument(
            upstream: name, action: action.rawValue, inFlight: upstreams.first { $0.name == name }?.inFlight ?? 0,
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
        return first.share < 1 ? working.prefix(2).map(\.name) : [first.name]
    }

    private func standing(_ name: String) -> UpstreamDocument? { upstreams.first { $0.name == name } }
}

extension UpstreamDocument {
    /// The same after an order.
    fileprivate func after(_ action: UpstreamControl.Action) -> UpstreamDocument {
        var upstream = self
        switch action {
        case .enable: upstream.adminState = .enabled
        case .disable: upstream.adminState = .disabled
        case .drain: upstream.adminState = .draining
        case .trip: upstream.circuit = .open
        case .reset: (upstream.circuit, upstream.share) = (.closed, 1)
        case .probe: break
        }
        return upstream
    }
}

extension Optional {
    fileprivate func filter(_ isIncluded: (Wrapped) -> Bool) -> Wrapped? { flatMap { isIncluded($0) ? $0 : nil } }
}
