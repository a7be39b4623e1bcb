import TestKit
import Testing

@testable import Delivery

@Suite("A new stream")
struct StreamCanaryTests {
    private func terms(_ steps: [Int] = [10, 25, 50, 100], min: Int = 20, limit: Double = 0.1) -> StreamCanary.Terms {
        var rule = StreamSettings(name: "*")
        (rule.canary, rule.minMessages, rule.pauseAtBounceRate) = (steps, min, limit)
        return StreamCanary.Terms(rule)
    }

    @Test("It gets a tenth first, and at least what a step needs to be judged")
    func share() {
        var canary = StreamCanary()
        #expect(canary.room(waiting: 1000, terms()) == 100)
        #expect(canary.room(waiting: 50, terms()) == 20)
        canary.admit(100)
        #expect(canary.room(waiting: 900, terms()) == 0)
        #expect(canary.room(waiting: 1900, terms()) == 100)
    }

    @Test("It passes step by step, and then everything goes")
    func passes() {
        var canary = StreamCanary()
        canary.admit(100)
        #expect(canary.ended(StreamCounts(delivered: 19), terms()) == .none)
        #expect(canary.ended(StreamCounts(delivered: 1), terms()) == .stepped(to: 25))
        #expect(canary.room(waiting: 900, terms()) == 150)
        #expect(canary.ended(StreamCounts(delivered: 20), terms()) == .stepped(to: 50))
        #expect(canary.ended(StreamCounts(delivered: 20), terms()) == .stepped(to: 100))
        #expect(canary.room(waiting: 900, terms()) == .max)
        #expect(canary.ended(StreamCounts(delivered: 20), terms()) == .passed)
    }

    @Test("It stops as soon as its step cannot be passed any more, and is judged anew when an operator lets it go on")
    func stops() {
        var canary = StreamCanary()
        #expect(canary.ended(StreamCounts(delivered: 3, failed: 1, hard: 1), terms()) == .none)
        #expect(canary.ended(StreamCounts(failed: 1, hard: 1), terms()) == .stopped)
        canary.admit(20)
        #expect(canary.room(waiting: 30, terms()) == 0)
        canary.retry()
        #expect(canary.room(waiting: 30, terms()) == 20, "nothing of the step before is left to be judged by")
        #expect(canary.ended(StreamCounts(delivered: 20), terms()) == .stepped(to: 25))
    }

    @Test("Its last outcome may be a failure; when there is nothing else, it stops")
    func lastFailure() {
        var canary = StreamCanary()
        #expect(canary.ended(StreamCounts(delivered: 19), terms()) == .none)
        #expect(canary.messageEnded(cameBack: false, terms()) == .none)
        #expect(canary.ended(StreamCounts(failed: 1), terms()) == .none, "its reply may say that the address is wrong")
        #expect(canary.messageEnded(cameBack: false, terms()) == .stepped(to: 25))
        #expect(canary.ended(StreamCounts(failed: 20), terms()) == .none)
        #expect(canary.messageEnded(cameBack: false, terms()) == .allFailed)
    }

    @Test("Others go in the place of those that wait once more, and at most as many again")
    func returned() {
        var canary = StreamCanary()
        canary.admit(20)
        for _ in 0..<5 { canary.cameBack() }
        #expect(canary.room(waiting: 100, terms()) == 5)
        for _ in 0..<95 { canary.cameBack() }
        #expect(canary.room(waiting: 100, terms()) == 20)
        for _ in 0..<100 { _ = canary.messageEnded(cameBack: true, terms()) }
        #expect(canary.room(waiting: 100, terms()) == 0 && canary.returned == 0)
    }

    @Test("What was let through and not tried counts no more")
    func withdrawn() {
        var canary = StreamCanary()
        canary.admit(20)
        canary.withdraw(15)
        #expect(canary.room(waiting: 30, terms()) == 15)
        canary.withdraw(99)
        #expect(canary.admitted == 0)
    }

    @Test("Failures that say nothing about an address stop nothing, and lead no further without a delivery")
    func limits() {
        var canary = StreamCanary()
        #expect(canary.ended(StreamCounts(failed: 20), terms()) == .none)
        #expect(canary.ended(StreamCounts(delivered: 1), terms()) == .stepped(to: 25))
        #expect(terms(limit: 0).limit == StreamSettings.canaryBounceRate)
    }

    @Test(
        "It never lets more through than its share, never skips a step, and stops exactly when too many fail",
        arguments: UInt64(1)...60)
    func properties(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let min = Int.random(in: 1...50, using: &generator)
        let terms = terms([5, 20, 60], min: min, limit: Double.random(in: 0.01...0.5, using: &generator))
        let badness = Double.random(in: 0...0.6, using: &generator)
        var (canary, waiting, inFlight) = (StreamCanary(), 0, 0)
        var (step, counts) = (0, StreamCounts())
        for _ in 0..<2000 {
            waiting += Int.random(in: 0...9, using: &generator)
            let room = Swift.min(canary.room(waiting: waiting, terms), waiting)
            let before = canary.admitted
            canary.admit(room)
            let share = (before + waiting) * terms.steps[step] / 100
            #expect(canary.admitted <= max(before, share, min * (step + 1)), "seed \(seed)")
            (waiting, inFlight) = (waiting - room, inFlight + room)
            guard inFlight > 0 else { continue }
            inFlight -= 1
            let isHard = Double.random(in: 0..<1, using: &generator) < badness
            let outcome = StreamCounts(delivered: isHard ? 0 : 1, failed: isHard ? 1 : 0, hard: isHard ? 1 : 0)
            counts += outcome
            let isTooBad = Double(counts.hard) >= terms.limit * Double(max(counts.total, min)) && counts.hard > 0
            switch canary.ended(outcome, terms) {
            case .none: #expect(!isTooBad && (counts.total < min || isHard), "seed \(seed)")
            case .stopped:
                #expect(isTooBad, "seed \(seed)")
                return
            case .stepped(let percent):
                step += 1
                #expect(!isTooBad && percent == terms.steps[step], "seed \(seed)")
                counts = StreamCounts()
            case .allFailed: Issue.record("only the end of a message tells, seed \(seed)")
            case .passed:
                #expect(!isTooBad && step == 2, "seed \(seed)")
                return
            }
        }
    }
}
