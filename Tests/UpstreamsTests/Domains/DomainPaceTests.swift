import Mail
import TestKit
import Testing

@testable import Upstreams

@Suite("The pace of a recipient domain")
struct DomainPaceTests {
    private static func at(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    private static func pace(
        _ rate: Int? = nil, per: Duration = .seconds(1), connections: Int? = nil, adaptive: Bool = true
    ) -> DomainPace {
        var settings = PaceSettings([.domain("a.test")])
        settings.maxRate = rate.map { Rate(count: $0, per: per) }
        settings.maxConnections = connections
        settings.isAdaptive = adaptive
        return DomainPace(settings, now: at(0))
    }

    /// A message that goes at once.
    private static func send(_ pace: inout DomainPace, _ recipients: Int = 1, at seconds: Double) {
        pace.give(recipients)
        pace.spend(recipients, now: at(seconds))
        pace.end(recipients, isSpent: true)
    }

    @Test("lets one second's worth go at once, and then one after the other")
    func bucket() {
        var pace = Self.pace(4)
        #expect(pace.room(now: Self.at(0)) == 4)
        for _ in 0..<4 { Self.send(&pace, at: 0) }
        #expect(pace.room(now: Self.at(0.2)) == 0)
        #expect(pace.turn(now: Self.at(0)) == .at(Self.at(0.25)))
        #expect(pace.room(now: Self.at(0.25)) == 1)
        #expect(pace.room(now: Self.at(100)) == 4)
    }

    @Test("of less than one a second lets one go at a time")
    func slow() {
        var pace = Self.pace(6, per: .seconds(60))
        #expect(pace.room(now: Self.at(0)) == 1)
        Self.send(&pace, at: 0)
        #expect(pace.turn(now: Self.at(0)) == .at(Self.at(10)))
        #expect(pace.room(now: Self.at(1000)) == 1)
    }

    @Test("reserves what it has given, and takes back what was not used")
    func reserved() {
        var pace = Self.pace(2)
        pace.give(1)
        pace.give(1)
        #expect(pace.room(now: Self.at(60)) == 0)
        #expect(pace.turn(now: Self.at(60)) == .afterAnother)
        pace.end(1, isSpent: false)
        #expect(pace.room(now: Self.at(60)) == 1)
        pace.spend(1, now: Self.at(60))
        #expect(pace.room(now: Self.at(60)) == 1)
    }

    @Test("counts recipients: a message with many leaves a debt, which those after it wait for")
    func debt() {
        var pace = Self.pace(10)
        Self.send(&pace, 60, at: 0)
        #expect(pace.room(now: Self.at(5)) == 0)
        #expect(pace.turn(now: Self.at(0)) == .at(Self.at(5.1)))
        #expect(pace.room(now: Self.at(5.1)) == 1)
    }

    @Test("limits the messages that upstreams have at a time")
    func connections() {
        var pace = Self.pace(connections: 2)
        pace.give(1)
        pace.give(1)
        #expect(pace.room(now: Self.at(0)) == 0)
        #expect(pace.turn(now: Self.at(0)) == .afterAnother)
        pace.spend(1, now: Self.at(0))
        #expect(pace.room(now: Self.at(0)) == 0)
        pace.end(1, isSpent: true)
        #expect(pace.room(now: Self.at(0)) == 1)
        #expect(pace.rate == nil)
    }

    @Test("is halved by a reply that asks for less, once a second, and grows by a tenth each ten seconds of success")
    func adaptive() {
        var pace = Self.pace(20)
        #expect(pace.slowDown(now: Self.at(0)) == 10)
        #expect(pace.slowDown(now: Self.at(0.9)) == nil)
        #expect(pace.slowDown(now: Self.at(1)) == 5)
        #expect(pace.isReduced)
        #expect(pace.room(now: Self.at(1)) == 0)
        #expect(pace.succeeded(now: Self.at(10.9)) == false)
        #expect(pace.rate == 5)
        #expect(pace.succeeded(now: Self.at(11)) == false)
        #expect(pace.rate == 7)
        // Without success, time alone raises nothing.
        #expect(pace.rate == 7)
        var now = 11.0
        var isRestored = false
        while !isRestored, now < 500 {
            now += 10
            isRestored = pace.succeeded(now: Self.at(now))
        }
        #expect(pace.rate == 20 && !pace.isReduced)
        #expect(now == 81)
    }

    @Test("falls once for all that was under way when it fell, however late their replies come")
    func late() {
        var pace = Self.pace(20)
        #expect(pace.slowDown(now: Self.at(5), began: Self.at(1)) == 10)
        for second in 6..<60 {
            let rate = pace.slowDown(now: Self.at(Double(second)), began: Self.at(4.9))
            #expect(rate == nil)
        }
        #expect(pace.slowDown(now: Self.at(60), began: Self.at(5)) == 5)
    }

    @Test("that was lowered is forgotten after a day without mail, and not before")
    func forgotten() {
        var pace = Self.pace()
        Self.send(&pace, at: 1)
        _ = pace.slowDown(now: Self.at(1))
        #expect(!pace.isAtRest(now: Self.at(80_000)))
        #expect(pace.isAtRest(now: Self.at(86_402)))
        Self.send(&pace, at: 86_402)
        #expect(!pace.isAtRest(now: Self.at(86_500)))
    }

    @Test("of one a month announces a turn after a message to very many, too")
    func longest() {
        var pace = Self.pace(1, per: .seconds(30 * 86_400))
        Self.send(&pace, 100_000, at: 0)
        #expect(pace.turn(now: Self.at(0)) == .at(Self.at(366 * 86_400)))
    }

    @Test("falls to six a minute at the least, or to max_rate if that is less")
    func least() {
        var (pace, slow) = (Self.pace(20), Self.pace(3, per: .seconds(60)))
        for second in 0..<30 {
            _ = pace.slowDown(now: Self.at(Double(second * 2)))
            _ = slow.slowDown(now: Self.at(Double(second * 2)))
        }
        #expect(pace.rate == 0.1)
        #expect(slow.rate == 0.05)
    }

    @Test("without max_rate is halved from what went, and unlimited again once it has doubled")
    func unlimited() {
        var pace = Self.pace()
        for step in 0..<40 { Self.send(&pace, at: 1 + Double(step) / 40) }
        #expect(pace.room(now: Self.at(2)) == .max)
        let rate = pace.slowDown(now: Self.at(2)) ?? 0
        #expect((15...25).contains(rate))
        var now = 2.0
        while pace.rate != nil, now < 1000 {
            now += 10
            _ = pace.succeeded(now: Self.at(now))
        }
        #expect(pace.room(now: Self.at(now)) == .max)
        #expect(now < 200)
    }

    @Test("that is not adaptive does as relay.conf says, whatever it hears")
    func fixed() {
        var pace = Self.pace(20, adaptive: false)
        #expect(pace.slowDown(now: Self.at(0)) == nil)
        #expect(pace.rate == 20 && !pace.isReduced)
    }

    @Test("keeps a rate that was asked for through a reload, up to the new limit")
    func replaced() {
        var pace = Self.pace(20)
        _ = pace.slowDown(now: Self.at(0))
        var settings = PaceSettings([.domain("a.test")])
        settings.maxRate = Rate(count: 40, per: .seconds(1))
        pace.replace(settings, now: Self.at(1))
        #expect(pace.rate == 10 && pace.isReduced)
        settings.maxRate = Rate(count: 4, per: .seconds(1))
        pace.replace(settings, now: Self.at(2))
        #expect(pace.rate == 4 && !pace.isReduced)
        settings.maxRate = nil
        pace.replace(settings, now: Self.at(3))
        #expect(pace.rate == nil && pace.isAtRest(now: Self.at(4)))
    }

    /// Any number of messages, late and early ends, requests for less and successes, by a seeded generator.
    @Test("never lets more go in any time than its highest rate in it, its bucket and one message", arguments: 1...40)
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...30, using: &random)
        let most = Int.random(in: 1...4, using: &random)
        var pace = Self.pace(limit)
        var now = 0.0
        var waiting: [Int] = []
        var sent: [(at: Double, count: Int)] = []
        for _ in 0..<2000 {
            now += Double.random(in: 0...0.3, using: &random)
            switch Int.random(in: 0...9, using: &random) {
            case 0: _ = pace.slowDown(now: Self.at(now))
            case 1: _ = pace.succeeded(now: Self.at(now))
            case 2...3 where !waiting.isEmpty: pace.end(waiting.removeFirst(), isSpent: false)
            case 4...6 where !waiting.isEmpty:
                let count = waiting.removeFirst()
                pace.spend(count, now: Self.at(now))
                pace.end(count, isSpent: true)
                sent.append((now, count))
            case _ where pace.room(now: Self.at(now)) > 0:
                waiting.append(Int.random(in: 1...most, using: &random))
                pace.give(waiting[waiting.count - 1])
            case _: break
            }
            #expect(waiting.reduce(0, +) < limit + most, "seed \(seed)")
        }
        for first in sent.indices {
            var count = 0
            for entry in sent[first...].prefix(200) {
                count += entry.count
                // What had a turn when the rate fell may still use it.
                let allowed = Double(limit) * (entry.at - sent[first].at) + Double(2 * limit + 2 * most) + 2
                #expect(Double(count) <= allowed, "seed \(seed)")
            }
        }
        #expect(pace.active == waiting.count)
    }
}
