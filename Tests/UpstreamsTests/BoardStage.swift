import Mail
import Upstreams

/// A board of three upstreams with one route, for tests.
struct BoardStage {
    var board: UpstreamSelector
    var loads = Array(repeating: UpstreamSelector.Load(), count: 3)

    /// - Parameter ramp: its steps but for the last one, which is all.
    init(
        weights: [Int] = [1, 1, 1], maxRate: Rate? = nil, ramp: [Double] = [],
        _ change: (inout Route) -> Void = { _ in }
    ) {
        var settings = Circuit.Settings.plain
        settings.rampSteps = ramp
        let members = weights.map { UpstreamSelector.Member(circuit: settings, maxRate: maxRate, weight: $0) }
        var route = Route(name: "default", upstreams: [0, 1, 2])
        change(&route)
        board = UpstreamSelector(
            members, routes: RouteTable([route], upstreamCount: 3), now: MonotonicInstant(nanoseconds: 0))
    }

    mutating func choose(
        tried: [Int] = [], at now: MonotonicInstant = MonotonicInstant(nanoseconds: 0), among candidates: [Int]? = nil
    )
        -> UpstreamChoice
    {
        let loads = loads
        let choice = board.choose(route: 0, among: candidates, tried: UpstreamSet(tried), now: now) { loads[$0] }
        if case .tryOut(let index) = choice { _ = board.circuits[index].admit(now: now) }
        return choice
    }

    mutating func open(_ index: Int, at now: MonotonicInstant = MonotonicInstant(nanoseconds: 0)) {
        _ = board.circuits[index].open(at: now)
    }

    /// Brings an upstream to the first step of its ramp; ten seconds are over then.
    mutating func ramp(_ index: Int) {
        board.circuits[index].failOver(at: MonotonicInstant(nanoseconds: 0))
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
