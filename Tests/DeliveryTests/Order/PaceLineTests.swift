import Mail
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("The line of a pace")
struct PaceLineTests {
    private static let now = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private func entry(
        _ number: Int64, _ priority: Priority = .normal, of user: String? = nil, wake: Int64 = .max
    ) -> PaceLine.Entry {
        let rank = MessageRank(priority, FlowKey(user: user, recipient: "r@a.test"))
        return PaceLine.Entry(
            id: QueueID(rawValue: number), rank: rank, isAhead: false, deadline: .max, wake: wake)
    }

    /// Calls one after the other, each of which comes.
    private func drain(_ line: inout PaceLine, most: Int = .max) -> [Int64] {
        var numbers: [Int64] = []
        while numbers.count < most, let entry = line.call(room: 1, now: Self.now).first {
            line.came(entry.id)
            numbers.append(entry.id.rawValue)
        }
        return numbers
    }

    @Test("lets urgent mail pass a campaign, however long that has waited, and the campaign keeps its share")
    func classes() {
        var line = PaceLine()
        for number in 0..<1000 { line.add(entry(Int64(number), .bulk)) }
        _ = drain(&line, most: 500)
        for number in 0..<40 { line.add(entry(Int64(10_000_000 + number), .high)) }
        let order = drain(&line, most: 42)
        #expect(order.firstIndex { $0 >= 10_000_000 } ?? .max <= 1)
        #expect(order.count { $0 >= 10_000_000 } >= 38)
        #expect(order.contains { $0 < 1000 })
    }

    @Test("lets users take turns, and what one of them sends go by age, in whatever order it came")
    func users() {
        var line = PaceLine()
        for number in (0..<100).reversed() { line.add(entry(Int64(number), of: "news")) }
        for number in [201, 200] { line.add(entry(Int64(number), of: "shop")) }
        let order = drain(&line, most: 5)
        #expect(order == [0, 200, 1, 201, 2])
    }

    @Test("gives a message that comes back its former place")
    func back() {
        var line = PaceLine()
        for number in 1...5 { line.add(entry(Int64(number))) }
        let called = line.call(room: 3, now: Self.now)
        #expect(called.map(\.id.rawValue) == [1, 2, 3] && line.calledCount == 3)
        line.came(called[0].id)
        for entry in called[1...] {
            line.came(entry.id)
            line.add(entry)
        }
        let rest = drain(&line)
        #expect(rest == [2, 3, 4, 5] && line.isIdle)
    }

    @Test("counts on nobody who was called and has not come for half a minute, or never will")
    func patience() {
        var line = PaceLine()
        for number in 1...4 { line.add(entry(Int64(number))) }
        let first = line.call(room: 2, now: Self.now).map(\.id.rawValue)
        let none = line.call(room: 2, now: Self.now + .seconds(29))
        line.forgetCalled([QueueID(rawValue: 1), QueueID(rawValue: 99)])
        let second = line.call(room: 2, now: Self.now + .seconds(29)).map(\.id.rawValue)
        let third = line.call(room: 2, now: Self.now + .seconds(31)).map(\.id.rawValue)
        #expect(first == [1, 2] && none.isEmpty && second == [3] && third == [4])
    }

    @Test("gives back those for which something else is due, and only when it is")
    func woken() {
        var line = PaceLine()
        line.add(entry(1, wake: 500))
        line.add(entry(2, .bulk))
        line.add(entry(3, .bulk, wake: 900))
        let early = line.takeWoken(until: 499).map(\.id.rawValue)
        let first = line.takeWoken(until: 500).map(\.id.rawValue)
        #expect(early == [] && first == [1] && line.wake == 900)
        let second = line.takeWoken(until: 1000).map(\.id.rawValue)
        #expect(second == [3] && line.wake == .max)
        let rest = drain(&line)
        #expect(rest == [2])
    }

    @Test("loses nobody and doubles nobody, by any order of events", arguments: 1...50)
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var line = PaceLine()
        var (inside, called): (Set<Int64>, Set<Int64>) = ([], [])
        var next: Int64 = 0
        for _ in 0..<2000 {
            switch Int.random(in: 0...9, using: &random) {
            case 0...4:
                next += 1
                let priority = Priority.allCases.randomElement(using: &random) ?? .normal
                line.add(entry(next, priority, of: ["a", "b", nil].randomElement(using: &random) ?? nil))
                inside.insert(next)
            case 5...7:
                for entry in line.call(room: Int.random(in: 0...4, using: &random), now: Self.now) {
                    #expect(inside.remove(entry.id.rawValue) != nil, "seed \(seed)")
                    called.insert(entry.id.rawValue)
                }
            case 8:
                if let one = called.min() {
                    line.came(QueueID(rawValue: one))
                    called.remove(one)
                }
            default:
                let taken = line.take { $0.id.rawValue.isMultiple(of: 7) }.map(\.id.rawValue)
                #expect(Set(taken) == inside.filter { $0.isMultiple(of: 7) }, "seed \(seed)")
                inside.subtract(taken)
            }
            #expect(line.count == inside.count && line.calledCount == called.count, "seed \(seed)")
        }
        for one in called { line.came(QueueID(rawValue: one)) }
        let rest = Set(drain(&line))
        #expect(rest == inside && line.isIdle, "seed \(seed)")
    }
}
