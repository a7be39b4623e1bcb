internal import Mail
internal import Upstreams

/// All upstreams in order of priority, and the routes that lead to them.
///
/// Confined to the delivery's event loop.
final class UpstreamDirectory {
    let all: [Upstream]
    /// By index.
    let names: [String]
    private let indexes: [String: Int]
    private var selector: UpstreamSelector
    /// Persists the overrides.
    private let save: @Sendable ([String: AdminOverride]) -> Void

    /// - Parameter overrides: by name; expired ones are ignored.
    init(
        _ settings: DeliverySettings, work: any SlowWork, overrides: [String: AdminOverride],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void, clock: DeliveryClock,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.all = settings.upstreams.enumerated().map { index, upstream in
            let pool = UpstreamPool(
                index: index, settings: upstream, access: UpstreamAccess(upstream, work: work),
                limits: SessionWatchdog.Limits(upstream, slow: settings.circuit.latencyThreshold),
                clock: { [eventLoop = clock.eventLoop] in eventLoop.instant }, report: report)
            return Upstream(
                pool, circuit: settings.circuitSettings, probes: settings.health.interval,
                adminOverride: overrides[upstream.name], clock: clock, report: report)
        }
        self.names = all.map(\.name)
        self.indexes = Dictionary(all.map { ($0.name, $0.index) }, uniquingKeysWith: { first, _ in first })
        self.selector = settings.selector
        self.save = saveOverrides
    }

    subscript(index: Int) -> Upstream { all[index] }

    subscript(name: String) -> Upstream? { indexes[name].map { all[$0] } }

    var routes: RouteTable { selector.routes }

    /// Upstreams that the operator allows mail to.
    var enabled: UpstreamSet { UpstreamSet(all.lazy.filter(\.isEnabled).map(\.index)) }

    // MARK: - Where a message goes

    /// Chooses an upstream for a message, takes the message from its throttle and counts it in ramps. The caller begins the
    /// trial, if it is one.
    ///
    /// - Parameter isMoving: whether another upstream has just failed the message.
    func choose(for job: DeliveryJob, isMoving: Bool = false) -> UpstreamChoice {
        let selection = selector.choose(
            route: job.route, among: job.cycle.terms.onlyUpstreams, tried: job.cycle.tried
        ) { all[$0].candidate(isMoving: isMoving) }
        if !selection.counted.isEmpty {
            for upstream in all where selection.counted.contains(upstream.index) { upstream.countInRamp() }
        }
        switch selection.choice {
        case .use(let index), .tryOut(let index): all[index].take()
        case .wait, .exhausted: break
        }
        return selection.choice
    }

    /// Whether one of the upstreams that the message may use works, though perhaps without room or a turn.
    func canMove(_ job: DeliveryJob) -> Bool {
        job.cycle.candidates.contains { all[$0].isWorking }
    }

    /// Whether some upstream of the route works.
    func canMove(_ route: Int) -> Bool {
        routes.candidates[route].contains { all[$0].isWorking }
    }

    /// Whether mail of this upstream could go elsewhere now.
    ///
    /// - Parameter job: the message in question; nil for any.
    func hasAlternative(to upstream: Upstream, for job: DeliveryJob? = nil) -> Bool {
        guard let job, !routes.isTrivial || job.cycle.terms.onlyUpstreams != nil || !job.cycle.tried.isEmpty
        else {
            return all.contains { $0.index != upstream.index && $0.isWorking }
        }
        return alternative(to: upstream, for: job) != nil
    }

    /// Whether everything waiting for a session of this upstream could go elsewhere now.
    func canLeave(_ upstream: Upstream) -> Bool {
        guard !upstream.pool.pending.isEmpty else { return hasAlternative(to: upstream) }
        return upstream.pool.pending.allSatisfy { hasAlternative(to: upstream, for: $0) }
    }

    /// The upstream that a message, or any if nil, would go to instead of this one.
    func alternative(to upstream: Upstream, for job: DeliveryJob?) -> Upstream? {
        let candidates = job?.cycle.candidates ?? Array(all.indices)
        let index = candidates.first {
            $0 != upstream.index && all[$0].isWorking && !(job?.cycle.tried.contains($0) ?? false)
        }
        return index.map { all[$0] }
    }

    /// Index of the upstream that the next message of the default route is certain to go to; nil if none is.
    var next: Int? { routes.candidates.last?.first { all[$0].isSure } }

    /// Whether a circuit would admit a trial and no queued message of its routes could be it.
    func isTrialPossible(isEmpty: (_ route: Int) -> Bool) -> Bool {
        all.contains { upstream in
            guard upstream.letsOneTry else { return false }
            return routes.candidates.indices.allSatisfy { route in
                !routes.candidates[route].contains(upstream.index) || isEmpty(route)
            }
        }
    }

    // MARK: - For operators

    /// The overrides have changed.
    func saveOverrides() {
        let kept = all.filter { !$0.isEnabled }.map { ($0.name, $0.adminOverride) }
        save(Dictionary(kept, uniquingKeysWith: { first, _ in first }))
    }

    func detail(of name: String) -> UpstreamDetail? {
        guard let upstream = self[name] else { return nil }
        let users = zip(routes.routes, routes.candidates).filter { $1.contains(upstream.index) }
        return upstream.detail(routes: users.map(\.0.name))
    }
}
