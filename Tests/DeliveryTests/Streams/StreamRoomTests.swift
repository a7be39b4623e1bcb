import Mail
import Testing
import Upstreams

@testable import Delivery

/// What becomes of more names than are kept apart.
@Suite("Streams that there is no room for")
struct StreamRoomTests {
    private static let wall = Timestamp(milliseconds: 1_800_000_000_000)
    private static let pause = StreamPause(by: .operator, reason: nil, since: wall)
    private let start = MonotonicInstant(nanoseconds: 0)

    private func rule(_ name: String, _ change: (inout StreamSettings) -> Void) -> StreamSettings {
        var rule = StreamSettings(name: name)
        change(&rule)
        return rule
    }

    /// A table in which a client has named as many streams as it may, and none of them can be forgotten.
    private func flooded(_ rules: [StreamSettings], by namer: StreamNamer = .anybody) -> StreamTable {
        var table = StreamTable(rules) { $0.hasPrefix("flood") }
        for number in 0..<StreamRoom.limitPerClient {
            #expect(table.admits("flood \(number)", by: namer, behind: 0, at: start, wall: Self.wall) == true)
        }
        #expect(table.records.count == StreamRoom.limitPerClient)
        return table
    }

    private func end(_ counts: StreamCounts, _ name: String, in table: inout StreamTable) -> StreamVerdict? {
        table.ended(counts, of: name, by: .anybody, at: start, wall: Self.wall)
    }

    @Test("They are paused when too many of the recipients of all of them fail hard, and go on when that row does")
    func bounces() {
        var table = flooded([rule("news*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.5, 4) }])
        for name in ["news 1", "news 2", "news 3"] {
            #expect(end(StreamCounts(failed: 1, hard: 1), name, in: &table) == nil)
        }
        let verdict = end(StreamCounts(failed: 1, hard: 1), "news 4", in: &table)
        #expect(verdict?.name == "other/news*")
        #expect(table.pausedByRelay.keys.sorted() == ["other/news*"] && table.isPaused("news 5"))
        #expect(table.admits("news 5", by: .anybody, behind: 0, at: start, wall: Self.wall) == false)
        #expect(table.lets("news 5", by: .anybody, wall: Self.wall) == false)
        #expect(table.release("news 5", of: 7, at: start, wall: Self.wall) == 0)
        #expect(table.admits("shop", by: .anybody, behind: 0, at: start, wall: Self.wall) == true)
        #expect(table.admits("news 6", by: .user("app"), behind: 0, at: start, wall: Self.wall) == true, "it has room")
        table = StreamTable([rule("news*") { _ in }], table.memory(at: start, wall: Self.wall))
        #expect(table.paused == ["other/news*"], "a restart changes nothing")
        #expect(table.resume("other/news*") == true)
        #expect(table.pausedCount == 0)
        #expect(table.admits("news 5", by: .anybody, behind: 0, at: start, wall: Self.wall) == true)
    }

    @Test("A canary that cannot tell them apart still stops them at its rate")
    func canary() {
        var table = flooded([rule("news*") { ($0.canary, $0.minMessages) = ([10], 10) }])
        #expect(end(StreamCounts(delivered: 9), "news 1", in: &table) == nil)
        #expect(end(StreamCounts(failed: 1, hard: 1), "news 2", in: &table)?.name == "other/news*")
    }

    @Test("They share the rate of their table")
    func rate() {
        var table = flooded([rule("news*") { $0.maxRate = Rate(count: 1, per: .seconds(1)) }])
        let admitted = (0..<50).map { number in
            table.admits("news \(number)", by: .anybody, behind: 0, at: start, wall: Self.wall)
        }
        #expect(admitted.count(where: \.self) == 1 && admitted[0])
        #expect(table.nextAt("news 9", start) == start + .seconds(1))
        #expect(table.release("news 9", of: 3, at: start + .seconds(1), wall: Self.wall) == 1)
    }

    @Test("An operator can pause one of them, and each row of them, but no row that stands for nothing")
    func orders() {
        var table = flooded([rule("news*") { _ in }])
        let names = ["news 1", "other/news*", "other", "other/shop*"]
        #expect(names.map { table.pause($0, Self.pause) } == [true, true, true, false])
        #expect(table.pausedCount == 3)
        #expect(["news 1", "news 2", "shop"].allSatisfy { table.isPaused($0) } && !table.isPaused("flood 1"))
        table.replace([])
        #expect(table.paused == ["news 1", "other"] && table.pausedCount == 2)
    }

    @Test("A stream that is named like the row of all others obeys the rules too", arguments: ["other", "other/a"])
    func reserved(name: String) {
        var table = StreamTable([rule("oth*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.5, 2) }])
        let bad = StreamCounts(failed: 2, hard: 2)
        let verdict = table.ended(bad, of: name, at: start, wall: Self.wall)
        #expect(verdict?.name == "other/oth*")
        #expect(table.admits(name, behind: 0, at: start, wall: Self.wall) == false)
    }

    @Test("A flood of names pushes out none of others, however long they have been idle", arguments: [nil, "evil"])
    func flood(user: String?) {
        var table = StreamTable()
        let (real, namer) = ((0..<100).map { "real \($0)" }, user.map { StreamNamer.user($0) } ?? .anybody)
        let good = StreamCounts(delivered: 1)
        for (index, name) in real.enumerated() {
            let namer = index < 50 ? StreamNamer.configuration : .user("shop")
            #expect(table.ended(good, of: name, by: namer, at: start, wall: Self.wall) == nil)
        }
        for number in 0..<5000 {
            let wall = Self.wall + .seconds(number)
            #expect(table.ended(good, of: "flood \(number)", by: namer, at: start, wall: wall) == nil)
            #expect(table.records.count <= real.count + StreamRoom.limitPerClient)
        }
        #expect(real.allSatisfy { table.records[$0] != nil } && table.records["flood 4999"] != nil)
        let sum = table.records.values.reduce(into: table.others) { $0 += $1.memory.counts }
        #expect(sum == StreamCounts(delivered: 5100))
        table = StreamTable([], table.memory(at: start, wall: Self.wall))
        for number in 5000..<6000 {
            #expect(table.ended(good, of: "flood \(number)", by: namer, at: start, wall: Self.wall) == nil)
        }
        #expect(real.allSatisfy { table.records[$0] != nil }, "who has named a stream survives a restart")
    }

    @Test("Many clients together push out the names of each other before those of relay.conf")
    func crowd() {
        var table = StreamTable()
        let good = StreamCounts(delivered: 1)
        for number in 0..<500 {
            #expect(table.ended(good, of: "real \(number)", at: start, wall: Self.wall) == nil)
        }
        for number in 0..<3000 {
            let (name, namer) = ("flood \(number)", StreamNamer.user("\(number % 10)"))
            #expect(table.ended(good, of: name, by: namer, at: start, wall: Self.wall + .seconds(number)) == nil)
        }
        #expect((0..<500).allSatisfy { table.records["real \($0)"] != nil })
        #expect(table.records.values.count { !$0.isShared } <= StreamRoom.limit)
    }

    @Test("A new stream that has been idle for a day in the midst of its canary makes room, and is new again")
    func abandoned() {
        var table = StreamTable([rule("*") { ($0.canary, $0.minMessages) = ([10], 1) }])
        for number in 0..<StreamRoom.limitPerClient {
            #expect(table.admits("\(number)", by: .anybody, behind: 0, at: start, wall: Self.wall) == true)
        }
        #expect(table.admits("late", by: .anybody, behind: 0, at: start, wall: Self.wall) == true)
        #expect(table.records["late"] == nil)
        let tomorrow = Self.wall + .seconds(86_400)
        for _ in 0...100 { _ = table.admits("late", by: .anybody, behind: 0, at: start, wall: tomorrow) }
        #expect(table.isNew("late") && table.records["0"] == nil)
    }
}
