import Mail
import Testing
import Upstreams

@Suite("Upstream selection")
struct UpstreamSelectorTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var stage = BoardStage()

    @Test("the first in the list takes everything while it works")
    mutating func first() {
        for _ in 0..<100 { #expect(stage.choose() == .use(0)) }
    }

    @Test("an open circuit is skipped, without waiting")
    mutating func passedOver() {
        stage.open(0)
        #expect(stage.choose() == .use(1))
    }

    @Test("upstreams that failed this message are skipped, and the cycle ends when all have")
    mutating func tried() {
        #expect(stage.choose(tried: [0]) == .use(1))
        #expect(stage.choose(tried: [0, 1]) == .use(2))
        #expect(stage.choose(tried: [0, 1, 2]) == .exhausted)
    }

    @Test("one whose quota is used up is passed over, and a message waits for the first that is free again")
    mutating func spent() {
        stage.spentUntil[0] = start + .seconds(60)
        #expect(stage.choose() == .use(1))
        #expect(stage.circuits[0].state.name == .closed)
        stage.spentUntil[1] = start + .seconds(30)
        stage.spentUntil[2] = start + .seconds(90)
        #expect(stage.choose() == .wait(until: start + .seconds(30)))
        #expect(stage.choose(tried: [1]) == .exhausted)
        stage.spentUntil[2] = nil
        stage.open(2)
        #expect(stage.choose() == .wait(until: start + .seconds(10)))
        stage.spentUntil[0] = nil
        #expect(stage.choose() == .use(0))
    }

    @Test("all open: an untried message waits for the earliest of them")
    mutating func allOpen() {
        for index in 0..<3 { stage.open(index, at: start + .seconds(3 - index)) }
        #expect(stage.choose(at: start + .seconds(4)) == .wait(until: start + .seconds(11)))
    }

    @Test("all open: a message that one has failed goes back to its schedule")
    mutating func allOpenTried() {
        for index in 0..<3 { stage.open(index) }
        #expect(stage.choose(tried: [0]) == .exhausted)
    }

    @Test("one message is the trial, and the others go elsewhere meanwhile")
    mutating func trial() {
        stage.open(0)
        #expect(stage.choose(at: start + .seconds(10)) == .tryOut(0))
        #expect(stage.choose(at: start + .seconds(10)) == .use(1))
    }

    @Test("if the only upstream has a trial the others wait for its end")
    mutating func waitForTrial() {
        stage.open(0)
        #expect(stage.choose(at: start + .seconds(10), among: [0]) == .tryOut(0))
        #expect(stage.choose(at: start + .seconds(10), among: [0]) == .wait(until: nil))
    }

    @Test("an upstream after a working one gets no trial")
    mutating func noTrialBehind() {
        stage.open(1)
        #expect(stage.choose(at: start + .seconds(10)) == .use(0))
        #expect(stage.circuits[1].state.name == .open)
    }

    @Test("a message pinned to one upstream uses no other")
    mutating func bound() {
        #expect(stage.choose(among: [1]) == .use(1))
        #expect(stage.choose(tried: [1], among: [1]) == .exhausted)
        #expect(stage.choose(among: []) == .exhausted)
    }

    // MARK: - Operators

    @Test("an upstream disabled by the operator gets no mail")
    mutating func shut() {
        stage.isEnabled[0] = false
        #expect(stage.choose() == .use(1))
        stage.open(0)
        #expect(stage.choose(at: start + .seconds(10)) == .use(1))
    }

    @Test("with all disabled an untried message waits, and others go back to their schedule")
    mutating func allShut() {
        for index in 0..<3 { stage.isEnabled[index] = false }
        #expect(stage.choose() == .wait(until: nil))
        #expect(stage.choose(tried: [0]) == .exhausted)
    }

    // MARK: - Suspects

    @Test("a suspect gets one message at a time, until something succeeds")
    mutating func suspect() {
        _ = stage.circuits[0].failed(now: start, jitter: 0)
        #expect(stage.choose() == .use(0))
        stage.loads[0].inFlight = 1
        #expect(stage.choose() == .use(1))
        _ = stage.circuits[0].succeeded(now: start)
        #expect(stage.choose() == .use(0))
    }

    @Test("a suspect is used anyway if no other is left")
    mutating func onlySuspect() {
        _ = stage.circuits[0].failed(now: start, jitter: 0)
        stage.loads[0].inFlight = 1
        stage.open(1)
        stage.open(2)
        #expect(stage.choose() == .use(0))
        #expect(stage.choose(tried: [1]) == .use(0))
    }

    // MARK: - Ramp

    @Test("the ramp leaves the right share of messages to the next one")
    mutating func ramp() {
        stage = BoardStage(ramp: [0.25])
        stage.ramp(0)
        let chosen = (0..<400).map { _ in stage.choose(at: start + .seconds(10)) }
        #expect(chosen.count { $0 == .use(0) } == 100)
        #expect(chosen.count { $0 == .use(1) } == 300)
    }

    @Test("a waiting message is not counted by the ramp, however often it asks")
    mutating func rampCountsOnce() {
        stage = BoardStage(ramp: [0.25])
        stage.ramp(0)
        stage.loads[1].isBusy = true
        for _ in 0..<100 { #expect(stage.choose(at: start + .seconds(10)) == .wait(until: nil)) }
        stage.loads[1].isBusy = false
        let chosen = (0..<8).map { _ in stage.choose(at: start + .seconds(10)) }
        #expect(chosen.count { $0 == .use(0) } == 2)
    }

    @Test("the ramp does not hold mail back if there is no other upstream")
    mutating func rampAlone() {
        stage = BoardStage(ramp: [0.1])
        stage.ramp(0)
        for _ in 0..<100 { #expect(stage.choose(at: start + .seconds(10), among: [0]) == .use(0)) }
        #expect(stage.choose(tried: [1, 2], at: start + .seconds(10)) == .use(0))
    }

    // MARK: - Throttles and room

    @Test(
        "when the rate is used up mail goes to the next one, or waits if it must",
        arguments: Route.Overflow.allCases)
    mutating func throttled(overflow: Route.Overflow) {
        stage = BoardStage(maxRate: Rate(count: 2, per: .seconds(1))) { $0.overflow = overflow }
        #expect([stage.choose(), stage.choose()] == [.use(0), .use(0)])
        #expect(stage.choose() == (overflow == .wait ? .wait(until: start + .milliseconds(500)) : .use(1)))
        #expect(stage.choose(at: start + .milliseconds(500)) == .use(0))
    }

    @Test("when all rates are used up a message waits for the first turn, even one that failed before")
    mutating func allThrottled() {
        stage = BoardStage(maxRate: Rate(count: 1, per: .seconds(1)))
        for index in 0..<3 { #expect(stage.choose(at: start + .milliseconds(100 * index)) == .use(index)) }
        #expect(stage.choose(at: start + .milliseconds(300)) == .wait(until: start + .seconds(1)))
        #expect(stage.choose(tried: [0], at: start + .milliseconds(300)) == .wait(until: start + .milliseconds(1100)))
    }

    @Test("a trial waits for its turn too")
    mutating func throttledTrial() {
        stage = BoardStage(maxRate: Rate(count: 1, per: .seconds(60)))
        #expect(stage.choose() == .use(0))
        stage.open(0)
        #expect(stage.choose(at: start + .seconds(10)) == .use(1))
        #expect(stage.choose(at: start + .seconds(60)) == .tryOut(0))
    }

    @Test(
        "while all sessions are busy mail waits, or moves on if the route says so", arguments: Route.Overflow.allCases
    )
    mutating func busy(overflow: Route.Overflow) {
        stage = BoardStage(maxRate: Rate(count: 1, per: .seconds(1))) { $0.overflow = overflow }
        stage.loads[0].isBusy = true
        #expect(stage.choose() == (overflow == .busy ? .use(1) : .wait(until: nil)))
        stage.loads[0].isBusy = false
        #expect(stage.choose() == .use(0))
    }

    @Test("when all are busy it waits, even if it failed before", arguments: [[], [0]])
    mutating func allBusy(tried: [Int]) {
        stage = BoardStage { $0.overflow = .busy }
        for index in 0..<3 { stage.loads[index].isBusy = true }
        #expect(stage.choose(tried: tried) == .wait(until: nil))
    }

    // MARK: - Last resort

    @Test("the last resort is used only while none of the list works")
    mutating func lastResort() {
        stage = BoardStage {
            $0.upstreams = [0, 1]
            $0.lastResort = 2
        }
        #expect(stage.choose() == .use(0))
        stage.open(0)
        #expect(stage.choose() == .use(1))
        stage.isEnabled[1] = false
        #expect(stage.choose() == .use(2))
        #expect(stage.choose(at: start + .seconds(10)) == .tryOut(0))
        #expect(stage.choose(at: start + .seconds(10)) == .use(2))
    }

    @Test("a message that all of the list have failed goes there, and no further")
    mutating func lastResortTried() {
        stage = BoardStage {
            $0.upstreams = [0, 1]
            $0.lastResort = 2
        }
        #expect(stage.choose(tried: [0, 1]) == .use(2))
        #expect(stage.choose(tried: [0, 1, 2]) == .exhausted)
        #expect(stage.choose(tried: [0], among: [0, 1]) == .use(1))
        #expect(stage.choose(tried: [0, 1], among: [0, 1]) == .exhausted)
        #expect(stage.choose(among: [2]) == .use(2))
        #expect(stage.choose(among: [2, 1]) == .use(1))
    }

    @Test("it is not used while one of the list merely has no turn or no room", arguments: [false, true])
    mutating func lastResortSpared(busy: Bool) {
        stage = BoardStage(maxRate: Rate(count: 1, per: .seconds(1))) {
            $0.upstreams = [0]
            $0.lastResort = 2
            $0.overflow = .busy
        }
        if busy { stage.loads[0].isBusy = true } else { _ = stage.choose() }
        #expect(stage.choose() == .wait(until: busy ? nil : start + .seconds(1)))
    }

    @Test("if it is open as well the message waits for the first of all")
    mutating func lastResortOpen() {
        stage = BoardStage {
            $0.upstreams = [0, 1]
            $0.lastResort = 2
        }
        for index in 0..<3 { stage.open(index, at: start + .seconds(index)) }
        #expect(stage.choose(at: start + .seconds(5)) == .wait(until: start + .seconds(10)))
        #expect(stage.choose(tried: [0], at: start + .seconds(5)) == .exhausted)
    }
}
