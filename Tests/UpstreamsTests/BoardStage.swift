import Mail
import Upstreams

/// Upstreams with one route that leads to three of them, for tests.
struct BoardStage {
    var board: UpstreamSelector
    var circuits: [Circuit]
    var throttles: [Throttle]
    var isEnabled: [Bool]
    /// When quotas that are used up are free again.
    var spentUntil: [MonotonicInstant?]
    var loads: [UpstreamCandidate.Load]

    /// - Parameter ramp: all steps except the last, which is 1.
    init(
        weights: [Int] = [1, 1, 1], maxRate: Rate? = nil, ramp: [Double] = [],
        _ change: (inout Route) -> Void = { _ in }
    ) {
        var settings = Circuit.Settings.plain
        settings.rampSteps = ramp
        var route = Route(name: "default", upstreams: [0, 1, 2])
        change(&route)
        self.init(weights: weights, circuit: settings, maxRate: maxRate, routes: [route])
    }

    init(weights: [Int], circuit: Circuit.Settings, maxRate: Rate? = nil, routes: [Route]) {
        board = UpstreamSelector(weights: weights, routes: RouteTable(routes, upstreamCount: weights.count))
        circuits = weights.map { _ in Circuit(settings: circuit) }
        throttles = weights.map { _ in Throttle(limit: maxRate, now: MonotonicInstant(nanoseconds: 0)) }
        isEnabled = weights.map { _ in true }
        spentUntil = weights.map { _ in nil }
        loads = weights.map { _ in UpstreamCandidate.Load() }
    }

    /// Chooses, and carries it out.
    mutating func choose(
        tried: [Int] = [], at now: MonotonicInstant = MonotonicInstant(nanoseconds: 0), among candidates: [Int]? = nil,
        route: Int = 0
    ) -> UpstreamChoice {
        let (circuits, throttles, isEnabled, loads) = (circuits, throttles, isEnabled, loads)
        let spentUntil = spentUntil
        let selection = board.choose(route: route, among: candidates, tried: UpstreamSet(tried)) { index in
            UpstreamCandidate(
                circuits[index], throttles[index], isEnabled: isEnabled[index], spentUntil: spentUntil[index],
                load: loads[index], now: now)
        }
        for index in circuits.indices where selection.counted.contains(index) {
            _ = self.circuits[index].admit(now: now)
        }
        switch selection.choice {
        case .use(let index):
            self.throttles[index].take(now: now)
        case .tryOut(let index):
            self.throttles[index].take(now: now)
            _ = self.circuits[index].admit(now: now)
        case .wait, .exhausted: break
        }
        return selection.choice
    }

    mutating func open(_ index: Int, at now: MonotonicInstant = MonotonicInstant(nanoseconds: 0)) {
        _ = circuits[index].open(at: now)
    }

    /// Brings an upstream to the first step of its ramp, after ten seconds.
    mutating func ramp(_ index: Int) {
        circuits[index].failOver(at: MonotonicInstant(nanoseconds: 0))
    }
}

extension Circuit.Settings {
    /// Two failures, 10 s, no ramp.
    static var plain: Circuit.Settings {
        var settings = Circuit.Settings(
            consecutiveFailures: 2, openDuration: .seconds(10), maxOpenDuration: .seconds(10))
        settings.rampSteps = [1]
        return settings
    }
}
