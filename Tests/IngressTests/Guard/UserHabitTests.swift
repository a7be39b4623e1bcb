import Mail
import TestKit
import Testing

@testable import Ingress

@Suite("What is usual for a user")
struct UserHabitTests {
    private static let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    private static func at(_ minutes: Double) -> Timestamp { epoch + .milliseconds(Int64(minutes * 60_000)) }

    /// After some days with this many recipients in each of ten hours of six spans.
    private static func habit(_ recipients: Int, days: Int = 3, bounces: Int = 0) -> (habit: UserHabit, now: Double) {
        var habit = UserHabit(now: epoch)
        for day in 0..<days {
            for span in 0..<60 {
                let now = at(Double(day * 1440 + span * 10))
                _ = habit.advance(to: now)
                for _ in 0..<recipients { _ = habit.took(1, now: now) }
                for _ in 0..<bounces { _ = habit.bounces(now: now) }
            }
        }
        return (habit, Double(days * 1440))
    }

    /// Sends one by one.
    ///
    /// - Returns: how many recipients it took to be suspected; nil if that did not happen.
    private static func send(_ count: Int, _ habit: inout UserHabit, at minute: Double) -> Int? {
        _ = habit.advance(to: at(minute))
        for number in 1...count where habit.took(1, now: at(minute)) { return number }
        return nil
    }

    @Test("five times as much as in the busiest ten minutes is unusual, and nothing below that")
    func rate() {
        let (known, now) = Self.habit(40)
        #expect((195...200).contains(known.limit ?? 0))
        var habit = known
        let few = Self.send(180, &habit, at: now)
        #expect(few == nil)
        habit = known
        let count = Self.send(400, &habit, at: now)
        // It has faded a little by then.
        #expect((181...201).contains(count ?? 0))
        #expect(habit.suspicion?.cause == .rate)
    }

    @Test("a hundred recipients are unusual for nobody, and nothing is for a user of whom little is known")
    func harmless() {
        let (known, now) = Self.habit(1)
        var (first, second, new) = (known, known, UserHabit(now: Self.epoch))
        let counts = [
            Self.send(100, &first, at: now), Self.send(200, &second, at: now), Self.send(5000, &new, at: 0),
        ]
        #expect(counts == [nil, 101, nil])
        #expect(new.limit == nil)
    }

    @Test("many addresses that do not exist are unusual, also for a new user")
    func bounces() {
        var habit = UserHabit(now: Self.epoch)
        let sent = Self.send(60, &habit, at: 0)
        var count = 0
        repeat { count += 1 } while !habit.bounces(now: Self.at(1)) && count < 100
        #expect(sent == nil && count == 30)
        #expect(habit.suspicion?.cause == .bounces)
    }

    @Test("a user whose mail has always bounced a lot needs more of it")
    func usualBounces() {
        let (known, now) = Self.habit(30, bounces: 5)
        var habit = known
        #expect(known.suspicion == nil)
        #expect((0.1...0.2).contains(known.usualBounces))
        let sent = Self.send(100, &habit, at: now + 600)
        for _ in 0..<35 { _ = habit.bounces(now: Self.at(now + 601)) }
        #expect(sent == nil && habit.suspicion == nil)
    }

    @Test("a suspected user may send as usual, and is trusted after an hour without more than that")
    func calm() {
        let (known, now) = Self.habit(40)
        var habit = known
        let before = habit.refusal(now: Self.at(now))
        _ = Self.send(400, &habit, at: now)
        let after = habit.refusal(now: Self.at(now))
        #expect(before == nil && after != nil)
        // He goes on trying, and teaches the relay nothing.
        for span in 1...12 {
            let moment = Self.at(now + Double(span * 10))
            _ = habit.advance(to: moment)
            var taken = 0
            for _ in 0..<500 where habit.refusal(now: moment) == nil {
                _ = habit.took(1, now: moment)
                taken += 1
            }
            #expect((36...41).contains(taken))
            #expect(habit.suspicion != nil)
        }
        #expect(habit.usual < 41)
        var minutes = 0
        while habit.suspicion != nil, minutes < 300 {
            minutes += 10
            _ = habit.advance(to: Self.at(now + 120 + Double(minutes)))
        }
        #expect((60...80).contains(minutes))
    }

    @Test("an operator's trust makes usual what goes on")
    func trust() {
        let (known, now) = Self.habit(40)
        var habit = known
        _ = Self.send(400, &habit, at: now)
        habit.trust()
        let suspicion = habit.suspicion
        let again = Self.send(400, &habit, at: now)
        #expect(suspicion == nil && again == nil)
    }

    @Test("an operator who comes later trusts what went on, and not only these ten minutes")
    func lateTrust() {
        let (known, now) = Self.habit(40)
        var habit = known
        _ = Self.send(400, &habit, at: now)
        _ = Self.send(20, &habit, at: now + 30)
        habit.trust()
        let again = Self.send(400, &habit, at: now + 40)
        // Some 200 had gone when it became suspect.
        #expect(again == nil && habit.usual > 180)
    }

    @Test("a suspected user gains nothing by more recipients a message: those beyond the usual are made up for")
    func debt() {
        let (known, now) = Self.habit(40)
        var habit = known
        _ = Self.send(400, &habit, at: now)
        var taken = 0
        for span in 1...60 {
            let moment = Self.at(now + Double(span * 10))
            _ = habit.advance(to: moment)
            guard let wait = habit.refusal(now: moment) else {
                _ = habit.took(1000, now: moment)
                taken += 1000
                continue
            }
            #expect(wait >= .seconds(600) && wait <= .seconds(600 * 26))
        }
        // 40 in each of 60 spans.
        #expect((2000...3000).contains(taken))
        #expect(habit.suspicion != nil)
    }

    @Test("bounces of mail that goes slowly count as much as the mail still does", arguments: [2, 8])
    func slowMail(bounces: Int) {
        var habit = UserHabit(now: Self.epoch)
        _ = Self.send(10_000, &habit, at: 0)
        var suspectAt: Int?
        // Some 17 a minute leave, over ten hours.
        for minute in 1...600 {
            let now = Self.at(Double(minute))
            _ = habit.advance(to: now)
            for _ in 0..<bounces {
                if habit.bounces(now: now, age: .seconds(minute * 60)) { suspectAt = suspectAt ?? minute }
            }
        }
        #expect((suspectAt != nil) == (bounces == 8), "\(suspectAt ?? 0)")
    }

    @Test("a clock that was set back beyond what a user is known by stops nothing")
    func lostClock() {
        let (known, _) = Self.habit(40)
        var habit = known
        let early = UserHabitTests.epoch + .seconds(-86_400 * 30)
        _ = habit.advance(to: early)
        _ = habit.took(30, now: early)
        _ = habit.advance(to: early + .seconds(600))
        #expect(habit.sent == 0 && habit.suspicion == nil)
    }

    @Test("what was busiest counts half after a week")
    func fades() {
        let (known, now) = Self.habit(40)
        var habit = known
        _ = habit.advance(to: Self.at(now + 7 * 1440))
        #expect((0.45...0.53).contains(habit.usual / known.usual))
    }

    @Test("nobody who keeps within twice the usual is suspected, in any order of mail and time", arguments: 1...30)
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let most = Int.random(in: 1...300, using: &random)
        var habit = UserHabit(now: Self.epoch)
        var minute = 0.0
        for _ in 0..<500 {
            minute += Double(Int.random(in: 1...40, using: &random)) * 10
            _ = habit.advance(to: Self.at(minute))
            _ = habit.took(Int.random(in: (most + 1) / 2...most, using: &random), now: Self.at(minute))
            #expect(habit.suspicion == nil, "seed \(seed)")
        }
    }

    @Test("whoever sends ten times the usual is suspected within it, whatever came before", arguments: 1...30)
    func hijacked(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let most = Int.random(in: 20...300, using: &random)
        var habit = UserHabit(now: Self.epoch)
        var minute = 0.0
        for _ in 0..<200 {
            minute += Double(Int.random(in: 1...40, using: &random)) * 10
            _ = habit.advance(to: Self.at(minute))
            _ = habit.took(Int.random(in: 1...most, using: &random), now: Self.at(minute))
        }
        let count = Self.send(10 * most, &habit, at: minute + 10)
        #expect(count != nil, "seed \(seed)")
    }

    @Test("what came in the hour before a suspicion is held with it, in mode hold only, until the user is trusted")
    func before() {
        let (habit, now) = Self.habit(2)
        for mode in [GuardMode.hold, .slow] {
            var machine = HabitMachine(["shop": habit])
            _ = machine.replace(["shop": mode])
            _ = machine.took(1, of: "shop", now: Self.at(now))
            let calm = machine.holds("shop", takenAgo: .seconds(60), now: Self.at(now))
            _ = machine.took(500, of: "shop", now: Self.at(now))
            let later = Self.at(now + 5)
            let held = [200, 301, 3000, 3901].map { machine.holds("shop", takenAgo: .seconds($0), now: later) }
            #expect(!calm && held == [false, mode == .hold, mode == .hold, false])
            #expect(!machine.holds("web", takenAgo: .seconds(301), now: later))
            _ = machine.trust("shop", now: later)
            #expect(!machine.holds("shop", takenAgo: .seconds(301), now: later))
        }
    }

    @Test("the file has what was learned, and one of another version is no file")
    func file() throws {
        let (habit, _) = Self.habit(7)
        let octets = try HabitFile(["shop": habit]).octets()
        let read = try HabitFile(octets: octets).habits
        #expect(read == ["shop": habit])
        let other = String(decoding: octets, as: UTF8.self).replacing("\"version\":1", with: "\"version\":2")
        #expect(throws: (any Error).self) { try HabitFile(octets: Array(other.utf8)) }
        for (name, value) in [("sent", "9223372036854775807"), ("number", "-9223372036854775808"), ("usual", "-1")] {
            let text = String(decoding: octets, as: UTF8.self)
            let bad = text.replacing(try Regex("\"\(name)\":[^,}]*"), with: "\"\(name)\":\(value)")
            #expect(bad != text)
            #expect(throws: (any Error).self, "\(name)") { try HabitFile(octets: Array(bad.utf8)) }
        }
        #expect(throws: (any Error).self) { try HabitFile(octets: []) }
    }
}
