import Mail
import NIOCore
import Testing
import Upstreams

@testable import Delivery

@Suite("A race of addresses")
struct AddressRaceTests {
    private static let beginning = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private var race = AddressRace(step: .seconds(1), patience: .milliseconds(1500), began: AddressRaceTests.beginning)

    private func address(_ number: Int) -> SocketAddress {
        try! SocketAddress(ipAddress: "192.0.2.\(number)", port: 25)
    }

    private func after(_ milliseconds: Int) -> MonotonicInstant { Self.beginning + .milliseconds(milliseconds) }

    private mutating func next(_ milliseconds: Int, mayLeave: Bool = false) -> AddressRace.Action {
        race.next(now: after(milliseconds), mayLeave: mayLeave)
    }

    @discardableResult
    private mutating func start(_ number: Int, at milliseconds: Int = 0, isTrial: Bool = false) -> Int {
        race.started(address(number), isTrial: isTrial, now: after(milliseconds))
    }

    @Test("the first begins at once, the next after a second of silence, beside it")
    mutating func beside() {
        #expect(next(0) == .start)
        let one = start(1)
        #expect(next(999) == .none)
        #expect(next(1000) == .suspect(one))
        #expect(next(1000) == .start)
        let two = start(2, at: 1000)
        #expect(next(1999) == .none)
        #expect(race.addresses == [address(1), address(2)])
        #expect(race.tried == [address(1), address(2)])
        #expect(next(2000) == .suspect(two))
        #expect(next(2000) == .start)
    }

    @Test("an answer begins the wait anew, so that a server that talks gets no company")
    mutating func progress() {
        let one = start(1)
        race.progressed(one, at: after(900))
        #expect(next(1800) == .none)
        race.progressed(one, at: after(100))
        #expect(next(1899) == .none)
        #expect(next(1900) == .suspect(one))
    }

    @Test("while an address waits for the relay, nobody's patience runs out")
    mutating func excused() {
        let one = start(1)
        race.progressed(one, at: after(1400))
        race.excuse(.milliseconds(600))
        race.adapt(step: .seconds(1), patience: .milliseconds(1500))
        #expect(next(2099, mayLeave: true) == .none)
        #expect(next(2100, mayLeave: true) == .drop(one, silence: nil))
    }

    @Test("a failure leads to the next at once")
    mutating func failure() {
        race.ended(start(1))
        #expect(next(3) == .start)
        race.ended(start(2, at: 3))
        #expect(next(4) == .start)
        race.exhausted()
        #expect(next(4) == .fail)
        #expect(next(4) == .none)
        #expect(race.isOver)
    }

    @Test("the first to greet wins; one that was silent for a second is to blame, one that had less time is not")
    mutating func win() {
        let (one, two, three) = (start(1), start(2, at: 1000), start(3, at: 1600))
        #expect(race.greeted(two) == true)
        #expect(!race.isOver)
        #expect(next(1700) == .drop(one, silence: .milliseconds(1700)))
        #expect(next(1700) == .drop(three, silence: nil))
        #expect(next(1700) == .none)
        #expect(race.isOver)
    }

    @Test("a trial runs beside the first from the start, holds nobody up, and is heard out")
    mutating func trial() {
        let (one, two) = (start(1), start(2, isTrial: true))
        #expect(race.greeted(one) == true)
        #expect(next(5000) == .none)
        #expect(!race.isOver)
        #expect(race.greeted(two) == false, "it came too late to win")
        #expect(race.isOver)
    }

    @Test("a trial can win, and one left alone delays no other address")
    mutating func trialAlone() {
        var other = race
        _ = (start(1), start(2, isTrial: true))
        #expect(race.greeted(2) == true)
        let one = other.started(address(1), now: after(0))
        _ = other.started(address(2), isTrial: true, now: after(0))
        other.ended(one)
        #expect(other.next(now: after(10), mayLeave: false) == .start)
        other.exhausted()
        #expect(other.next(now: after(9000), mayLeave: false) == .none, "it may still greet")
        other.ended(2)
        #expect(other.next(now: after(9000), mayLeave: false) == .fail)
    }

    @Test("with a backup all of it ends with the patience, and the silent ones are to blame")
    mutating func patience() {
        let (one, two) = (start(1), start(2, at: 1000))
        race.exhausted()
        #expect(next(1499, mayLeave: true) == .none)
        #expect(next(5000, mayLeave: false) == .none)
        #expect(next(1500, mayLeave: true) == .drop(one, silence: .milliseconds(1500)))
        #expect(next(1500, mayLeave: true) == .drop(two, silence: nil))
        #expect(next(1500, mayLeave: true) == .fail)
        #expect(next(1500, mayLeave: true) == .none)
        #expect(race.isOver)
    }

    @Test("without one, twenty-five silent addresses get a second each, and no more than eight are open at once")
    mutating func many() {
        var dropped = 0
        var widest = 0
        var milliseconds = 0
        for number in 1...26 {
            var action = next(milliseconds)
            while action != .start {
                if case .drop(_, let silence) = action {
                    dropped += 1
                    #expect(silence == .seconds(8))
                } else if case .suspect = action {
                } else {
                    milliseconds += 1
                }
                action = next(milliseconds)
            }
            start(number, at: milliseconds)
            widest = max(widest, race.addresses.count)
        }
        #expect(milliseconds == 25_000)
        #expect(widest == 8)
        #expect(dropped == 18)
        #expect(race.greeted(26) == true)
    }

    @Test("an address may deserve another connection")
    mutating func again() {
        let one = start(1)
        race.exhausted()
        race.ended(one, isAgain: true)
        #expect(race.tried.isEmpty)
        #expect(next(0) == .start)
    }

    @Test("what no other address would change ends it")
    mutating func givesUp() {
        let (one, two) = (start(1), start(2))
        race.ended(one)
        race.giveUp()
        #expect(next(10) == .drop(two, silence: nil))
        #expect(next(10) == .fail)
        #expect(race.isOver)
    }

    @Test(
        "the step lets everybody have a turn, between 200 ms and a second, or what the upstream usually needs",
        arguments: [
            (2, 27_000, 0, 1000), (26, 27_000, 0, 1000), (53, 27_000, 0, 500), (64, 27_000, 0, 415),
            (2, 800, 0, 266), (3, 800, 0, 200), (30, 800, 0, 200), (2, 5000, 0, 1000), (25, 5000, 0, 200),
            (2, 800, 150, 266), (2, 800, 600, 600), (2, 27_000, 4500, 4500),
        ])
    func step(addresses: Int, budget: Int, usual: Int, expected: Int) {
        let step = AddressRace.step(
            addresses: addresses, budget: .milliseconds(budget), usual: .milliseconds(usual))
        #expect(Int(step.wholeMilliseconds) == expected)
    }
}
