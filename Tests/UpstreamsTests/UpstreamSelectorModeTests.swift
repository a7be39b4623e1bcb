import Mail
import TestKit
import Testing
import Upstreams

@Suite("Upstream selection: sharing")
struct UpstreamSelectorModeTests {
    let start = MonotonicInstant(nanoseconds: 0)

    @Test("each gets its exact share by weight, evenly spread", arguments: [[5, 1, 1], [1, 1, 1], [3, 2, 10]])
    func weighted(weights: [Int]) {
        var stage = BoardStage(weights: weights) { $0.mode = .weighted }
        let sum = weights.reduce(0, +)
        var counts = [0, 0, 0]
        for round in 1...10 * sum {
            guard case .use(let index) = stage.choose() else { return #expect(Bool(false)) }
            counts[index] += 1
            for (count, weight) in zip(counts, weights) {
                #expect(abs(Double(count) - Double(round * weight) / Double(sum)) < 2)
            }
        }
        #expect(counts == weights.map { $0 * 10 })
    }

    @Test("the others share what one cannot take")
    func weightedAround() {
        var stage = BoardStage(weights: [2, 1, 1]) { $0.mode = .weighted }
        stage.open(0)
        var chosen = (0..<100).map { _ in stage.choose() }
        #expect(chosen.count { $0 == .use(1) } == 50)
        #expect(chosen.count { $0 == .use(2) } == 50)
        chosen = (0..<100).map { _ in stage.choose(tried: [1]) }
        #expect(chosen.allSatisfy { $0 == .use(2) })
    }

    @Test("the ramp gives a share of the share")
    func weightedRamp() {
        var stage = BoardStage(ramp: [0.5]) {
            $0.mode = .weighted; $0.upstreams = [0, 1]
        }
        stage.ramp(0)
        let chosen = (0..<400).map { _ in stage.choose(at: start + .seconds(10)) }
        #expect(chosen.count { $0 == .use(0) } == 100)
    }

    @Test("routes do not share their turns")
    func routes() {
        let one = Route(name: "one", upstreams: [0, 1])
        var routes = [one, one]
        for index in routes.indices { routes[index].mode = .weighted }
        var stage = BoardStage(weights: [1, 1], circuit: .plain, routes: routes)
        for _ in 0..<10 {
            #expect(stage.choose(route: 0) == .use(0))
            #expect(stage.choose(route: 1) == .use(0))
            #expect(stage.choose(route: 0) == .use(1))
            #expect(stage.choose(route: 1) == .use(1))
        }
    }

    @Test("the one with the fewest messages relative to its weight is taken, the first among equals")
    func leastConnections() {
        var stage = BoardStage(weights: [2, 1, 1]) { $0.mode = .leastConnections }
        var counts = [0, 0, 0]
        for _ in 0..<40 {
            guard case .use(let index) = stage.choose() else { return #expect(Bool(false)) }
            counts[index] += 1
            stage.loads[index].inFlight += 1
        }
        #expect(counts == [20, 10, 10])
        stage.loads[2].inFlight = 0
        #expect(stage.choose() == .use(2))
        stage.loads[2].isBusy = true
        #expect(stage.choose() == .use(0))
        stage.open(0)
        #expect(stage.choose() == .use(1))
    }

    @Test(
        "when rates are used up the others share, or mail waits", arguments: [Route.Mode.weighted, .leastConnections])
    func throttled(mode: Route.Mode) {
        var stage = BoardStage(maxRate: Rate(count: 1, per: .seconds(1))) { $0.mode = mode }
        let chosen = Set((0..<3).map { _ in stage.choose() })
        #expect(chosen == [.use(0), .use(1), .use(2)])
        #expect(stage.choose() == .wait(until: start + .seconds(1)))
    }

    @Test("an upstream due for a trial gets one message although others work", arguments: Route.Mode.allCases)
    func trial(mode: Route.Mode) {
        var stage = BoardStage { $0.mode = mode }
        stage.open(0)
        #expect(stage.choose(at: start + .seconds(10)) == .tryOut(0))
        for _ in 0..<10 { #expect(stage.choose(at: start + .seconds(10)) != .tryOut(0)) }
    }
}
