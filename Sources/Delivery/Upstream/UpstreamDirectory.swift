internal import Mail
internal import Upstreams

/// All upstreams, and the routes that lead to them.
///
/// An upstream keeps its index as long as anybody may know it by that, whatever the order of relay.conf: messages on their
/// way, sessions, health checks. Only then another upstream gets the index.
///
/// Confined to the delivery's event loop.
final class UpstreamDirectory {
    /// By index; removed ones among them that nothing is left of.
    private var slots: [Upstream] = []
    /// Those in relay.conf, in order of priority.
    private(set) var listed: [Upstream] = []
    /// Those in relay.conf, then removed ones that end what is in progress.
    private(set) var all: [Upstream] = []
    /// By index.
    private(set) var names: [String] = []
    private var indexes: [String: Int] = [:]
    private var selector: UpstreamSelector
    /// What messages that begin now go by.
    private(set) var edition = RouteEdition(number: 0)
    private var editions = FormerEditions()
    /// Operators' orders for upstreams that are not in relay.conf, for when they are.
    private var away: [String: AdminOverride]
    private let quotas: QuotaBook
    /// Names in relay.conf of those that are not new: they have had all their traffic.
    private(set) var known: Set<String>
    private let work: any SlowWork
    private let tokens: TokenDesk
    private let clock: DeliveryClock
    private let meters: DeliveryMeters
    /// By route.
    private var routeMeters: [RouteMeter] = []
    private let report: @Sendable (DeliveryEvent) -> Void
    /// Persists the overrides.
    private let save: @Sendable ([String: AdminOverride]) -> Void
    /// Called with each upstream that is new; set once, by its owner.
    var added: (Upstream) -> Void = { _ in }

    /// - Parameters:
    ///   - overrides: by name; expired ones are ignored.
    ///   - known: names of upstreams that have had mail before.
    init(
        _ settings: DeliverySettings, work: any SlowWork, tokens: TokenDesk, overrides: [String: AdminOverride],
        known: Set<String> = [],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void, quotas: QuotaBook, clock: DeliveryClock,
        meters: DeliveryMeters = .unused, report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.meters = meters
        self.selector = settings.selector
        self.away = overrides
        self.quotas = quotas
        self.known = known
        self.work = work
        self.tokens = tokens
        self.clock = clock
        self.report = report
        self.save = saveOverrides
        tokens.list(settings.upstreams)
        for upstream in settings.upstreams { add(upstream, in: settings) }
        list(settings)
    }

    subscript(index: Int) -> Upstream { slots[index] }

    /// One in relay.conf.
    subscript(name: String) -> Upstream? { indexes[name].map { slots[$0] } }

    var routes: RouteTable { selector.routes }

    /// A message in the midst of its cycle may still go by a route of a former relay.conf: that counts for the default.
    func meter(of job: DeliveryJob) -> RouteMeter {
        routeMeters[min(job.route, routeMeters.count - 1)]
    }

    /// Upstreams that the operator allows mail to.
    var enabled: UpstreamSet { UpstreamSet(listed.lazy.filter(\.isEnabled).map(\.index)) }

    // MARK: - Where a message goes

    /// Chooses an upstream for a message, takes the message from its throttle and counts it in ramps. The caller begins the
    /// trial, if it is one.
    ///
    /// - Parameter isMoving: whether another upstream has just failed the message.
    func choose(for job: DeliveryJob, isMoving: Bool = false) -> UpstreamChoice {
        let selection = selector.choose(
            route: job.route, among: job.cycle.terms.onlyUpstreams, tried: job.cycle.tried
        ) {
            slots[$0].candidate(for: job.rank.priority, isMoving: isMoving, isProbe: job.cycle.terms.isPinned)
        }
        if !selection.counted.isEmpty {
            for upstream in all where selection.counted.contains(upstream.index) { upstream.countInRamp() }
        }
        switch selection.choice {
        case .use(let index), .tryOut(let index): slots[index].take(job.rank.priority)
        case .wait: for index in job.cycle.candidates { slots[index].hasWaiting(job.rank.priority) }
        case .exhausted: break
        }
        return selection.choice
    }

    /// Whether one of the upstreams that the message may use works, though perhaps without room or a turn.
    func canMove(_ job: DeliveryJob) -> Bool {
        job.cycle.candidates.contains { canMove(job, at: slots[$0]) }
    }

    /// Whether this upstream works for the message.
    func canMove(_ job: DeliveryJob, at upstream: Upstream) -> Bool {
        job.cycle.terms.isPinned ? upstream.takesProbes : upstream.isWorking
    }

    /// Whether some upstream of the route works.
    func canMove(_ route: Int) -> Bool {
        routes.candidates[route].contains { slots[$0].isWorking }
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
        guard upstream.pool.pendingCount > 0 else { return hasAlternative(to: upstream) }
        return upstream.pool.pending.allSatisfy { mayLeave($0, from: upstream) }
    }

    /// Whether nothing of a message keeps its session from being left: it could go elsewhere, or is a probe of the upstream,
    /// which is treated like the mail that it stands for.
    func mayLeave(_ job: DeliveryJob, from upstream: Upstream) -> Bool {
        hasAlternative(to: upstream, for: job.cycle.terms.isPinned ? nil : job)
    }

    /// The upstream that a message, or any if nil, would go to instead of this one.
    func alternative(to upstream: Upstream, for job: DeliveryJob?) -> Upstream? {
        let candidates = job?.cycle.candidates ?? listed.map(\.index)
        let index = candidates.first {
            $0 != upstream.index && slots[$0].isWorking && !(job?.cycle.tried.contains($0) ?? false)
        }
        return index.map { slots[$0] }
    }

    /// Index of the upstream that the next message of the default route is certain to go to; nil if none is.
    var next: Int? { routes.candidates.last?.first { slots[$0].isSure } }

    /// Whether a circuit would admit a trial and no queued message of its routes could be it.
    func isTrialPossible(isEmpty: (_ route: Int) -> Bool) -> Bool {
        all.contains { upstream in
            guard upstream.letsOneTry else { return false }
            return routes.candidates.indices.allSatisfy { route in
                !routes.candidates[route].contains(upstream.index) || isEmpty(route)
            }
        }
    }

    // MARK: - Reloads

    /// relay.conf has changed.
    ///
    /// - Returns: what has changed at upstreams that are in it, as before.
    func replace(_ settings: DeliverySettings, _ reload: UpstreamReload) -> [(Upstream, UpstreamEffects)] {
        let number = edition.number
        editions.add(edition)
        tokens.list(settings.upstreams)
        for name in reload.removed { remove(name) }
        for upstream in reload.added { add(upstream, in: settings) }
        let effects = settings.upstreams.compactMap { next -> (Upstream, UpstreamEffects)? in
            guard let change = reload.kept[next.name], let upstream = self[next.name] else { return nil }
            return (upstream, replace(upstream, next, change, in: settings))
        }
        list(settings)
        edition = RouteEdition(number: number + 1)
        saveOverrides()
        return effects
    }

    private func replace(
        _ upstream: Upstream, _ next: UpstreamSettings, _ change: UpstreamChange, in settings: DeliverySettings
    ) -> UpstreamEffects {
        let keeper = next.oauth.flatMap { tokens[$0] }
        let access = change.contains(.sessions) ? upstream.pool.access.successor(next, change, tokens: keeper) : nil
        access?.prepare(on: clock.eventLoop)
        return upstream.replace(next, change, access: access, quotas: quotas.records[next.name], in: settings)
    }

    private func remove(_ name: String) {
        guard let upstream = self[name] else { return }
        indexes[name] = nil
        if upstream.adminOverride.state != .enabled { away[name] = upstream.adminOverride }
        upstream.remove(in: edition.number)
    }

    private func add(_ upstream: UpstreamSettings, in settings: DeliverySettings) {
        if let former = all.first(where: { $0.isRemoved && $0.name == upstream.name }) {
            return revive(former, as: upstream, in: settings)
        }
        let index = slots.firstIndex { isFree($0) } ?? slots.count
        let isNew = !upstream.canary.isEmpty && !known.contains(upstream.name)
        let new = make(upstream, index, in: settings, isNew: isNew)
        if index < slots.count { slots[index] = new } else { slots.append(new) }
        indexes[upstream.name] = index
        if isNew { new.beginAsNew() }
        added(new)
    }

    /// It is in relay.conf again while something is still in progress: the same upstream as before.
    private func revive(_ former: Upstream, as upstream: UpstreamSettings, in settings: DeliverySettings) {
        indexes[upstream.name] = former.index
        former.comeBack(away.removeValue(forKey: upstream.name))
        _ = replace(former, upstream, former.settings.change(to: upstream).union(.sessions), in: settings)
    }

    private func make(
        _ upstream: UpstreamSettings, _ index: Int, in settings: DeliverySettings, isNew: Bool
    ) -> Upstream {
        let access = UpstreamAccess(upstream, work: work, tokens: upstream.oauth.flatMap { tokens[$0] })
        access.prepare(on: clock.eventLoop)
        let pool = UpstreamPool(
            index: index, settings: upstream, access: access,
            limits: SessionWatchdog.Limits(upstream, slow: settings.circuit.latencyThreshold),
            weights: settings.priority, meter: meters.upstream(upstream.name),
            clock: { [eventLoop = clock.eventLoop] in eventLoop.instant },
            report: report)
        return Upstream(
            pool, circuit: settings.circuitSettings(of: upstream, isNew: isNew), probes: settings.health.interval,
            adminOverride: away.removeValue(forKey: upstream.name), quotas: quotas.records[upstream.name], clock: clock,
            report: report)
    }

    /// Whether nobody knows an upstream by the index of this one any more.
    private func isFree(_ upstream: Upstream) -> Bool {
        guard let edition = upstream.removedIn, upstream.pool.isAtRest else { return false }
        return !editions.isAlive(before: edition)
    }

    /// Finds out which upstreams have had all their traffic.
    ///
    /// - Returns: whether one of them is new no more.
    func noteKnown(_ settings: DeliverySettings) -> Bool {
        guard known.count < listed.count else { return false }
        for upstream in listed where !known.contains(upstream.name) { upstream.becomeKnown(settings.circuitSettings) }
        let former = known
        known = Set(listed.filter { !$0.circuit.isNew }.map(\.name))
        return known != former
    }

    /// Everything that goes by the order of relay.conf.
    private func list(_ settings: DeliverySettings) {
        listed = settings.upstreams.compactMap { self[$0.name] }
        known = Set(listed.filter { !$0.circuit.isNew }.map(\.name))
        dropDrained()
        all = listed + all.filter(\.isRemoved)
        for (place, upstream) in all.enumerated() { upstream.priority = place }
        for upstream in listed { upstream.replace(settings.priority) }
        names = slots.map(\.name)
        var weights = slots.map { _ in 1 }
        for upstream in listed { weights[upstream.index] = upstream.settings.weight }
        selector.replace(weights: weights, routes: settings.routeTable(upstreamsAt: listed.map(\.index)))
        routeMeters = routes.routes.map { meters.route($0.name) }
    }

    /// Forgets removed upstreams at which nothing is in progress any more.
    func forgetDrained() {
        if all.count > listed.count { dropDrained() }
    }

    private func dropDrained() {
        for upstream in all where upstream.isRemoved && upstream.pool.isAtRest { quotas.retire(upstream) }
        all.removeAll { $0.isRemoved && $0.pool.isAtRest }
    }

    // MARK: - For operators

    /// The overrides have changed.
    func saveOverrides() {
        let now = clock.wall
        away = away.filter { $0.value.until.map { now < $0 } ?? true }
        let kept = listed.filter { !$0.isEnabled }.map { ($0.name, $0.adminOverride) }
        save(away.merging(kept) { _, known in known })
    }

    /// Somebody has set the system's clock: operators' orders last as long as before.
    func clockStepped(by step: Duration) {
        for upstream in all { upstream.quotaClockStepped(by: step) }
        let hasMoved = listed.map { $0.clockStepped(by: step) }
        let isAway = away.values.contains { $0.until != nil }
        away = away.mapValues { adminOverride in
            var adminOverride = adminOverride
            adminOverride.until = adminOverride.until.map { $0 + step }
            return adminOverride
        }
        if isAway || hasMoved.contains(true) { saveOverrides() }
    }

    func detail(of name: String) -> UpstreamDetail? {
        guard let upstream = known(name) else { return nil }
        let users = zip(routes.routes, routes.candidates).filter { $1.contains(upstream.index) }
        return upstream.detail(routes: users.map(\.0.name))
    }
    /// How it judges replies; those of nobody for an unknown name.
    func rules(of name: String) -> RuleBook { known(name)?.rules ?? RuleBook() }

    /// Also one that relay.conf no longer has.
    private func known(_ name: String) -> Upstream? { self[name] ?? all.first { $0.name == name } }
}
