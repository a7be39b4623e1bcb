import Testing
import Upstreams

@Suite("Choice of the upstream by priority")
struct UpstreamChoiceTests {
    let start = Moment(nanoseconds: 0)
    var circuits = Array(
        repeating: Circuit(
            settings: .init(consecutiveFailures: 1, openDuration: .seconds(10), maxOpenDuration: .seconds(10))),
        count: 3)

    private mutating func choose(tried: [Int] = [], at now: Moment? = nil, from list: [Int] = [0, 1, 2])
        -> UpstreamChoice
    {
        UpstreamChoice.choose(from: list, circuits: &circuits, tried: UpstreamSet(tried), now: now ?? start)
    }

    @Test("the first of the list takes all while it works")
    mutating func first() {
        #expect(choose() == .use(0))
        #expect(choose() == .use(0))
    }

    @Test("an open circuit is passed over, without waiting")
    mutating func passedOver() {
        _ = circuits[0].failed(now: start, jitter: 0)
        #expect(choose() == .use(1))
    }

    @Test("upstreams that failed this message are passed over, and the cycle ends when all have")
    mutating func tried() {
        #expect(choose(tried: [0]) == .use(1))
        #expect(choose(tried: [0, 1]) == .use(2))
        #expect(choose(tried: [0, 1, 2]) == .exhausted)
    }

    @Test("all open: an untried message waits for the earliest of them")
    mutating func allOpen() {
        for index in 0..<3 {
            _ = circuits[index].failed(now: start + .seconds(3 - index), jitter: 0)
        }
        #expect(choose(at: start + .seconds(4)) == .wait(until: start + .seconds(11)))
    }

    @Test("all open: a message that one has failed goes back to its schedule")
    mutating func allOpenTried() {
        for index in 0..<3 { _ = circuits[index].failed(now: start, jitter: 0) }
        #expect(choose(tried: [0]) == .exhausted)
    }

    @Test("one message is the trial, and the others go elsewhere meanwhile")
    mutating func trial() {
        _ = circuits[0].failed(now: start, jitter: 0)
        #expect(choose(at: start + .seconds(10)) == .tryOut(0))
        #expect(choose(at: start + .seconds(10)) == .use(1))
    }

    @Test("a message that is bound to one upstream uses no other")
    mutating func bound() {
        #expect(choose(from: [1]) == .use(1))
        #expect(choose(tried: [1], from: [1]) == .exhausted)
    }
}
