import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("The table of streams")
struct StreamTableTests {
    private static let wall = Timestamp(milliseconds: 1_800_000_000_000)

    private func instant(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    }

    private func rule(_ name: String, _ change: (inout StreamSettings) -> Void) -> StreamSettings {
        var rule = StreamSettings(name: name)
        change(&rule)
        return rule
    }

    @Test("A stream is paused when too many of its recipients fail hard, of enough, and another one is not")
    func bounceRate() {
        var table = StreamTable([rule("news*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.1, 20) }])
        let good = StreamCounts(delivered: 18)
        let bad = StreamCounts(failed: 1, hard: 1)
        for name in ["news", "shop"] {
            #expect(table.ended(good, of: name, at: instant(0), wall: Self.wall) == nil)
            #expect(table.ended(bad, of: name, at: instant(1), wall: Self.wall) == nil)
        }
        #expect(table.ended(bad, of: "shop", at: instant(2), wall: Self.wall) == nil)
        guard case .paused(let pause)? = table.ended(bad, of: "news", at: instant(2), wall: Self.wall)?.event else {
            Issue.record("the stream goes on")
            return
        }
        #expect(pause.author == .relay && pause.reason == "bounce rate: 2 of 20 recipients failed hard within an hour")
        #expect(table.isPaused("news") && !table.isPaused("shop") && table.pausedCount == 1)
        #expect(table.admits("news", behind: 0, at: instant(3), wall: Self.wall) == false)
        #expect(table.admits("shop", behind: 0, at: instant(3), wall: Self.wall) == true)
    }

    @Test("After an operator has let it go on, what happened before counts no more")
    func resumed() {
        var table = StreamTable([rule("*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.5, 2) }])
        let bad = StreamCounts(failed: 2, hard: 2)
        #expect(table.ended(bad, of: "a", at: instant(0), wall: Self.wall) != nil)
        #expect(["a", "a", "b"].map { table.resume($0) } == [true, false, false])
        let mixed = StreamCounts(delivered: 2, failed: 1, hard: 1)
        #expect(table.ended(mixed, of: "a", at: instant(1), wall: Self.wall) == nil)
        #expect(table.records["a"]?.memory.counts == StreamCounts(delivered: 2, failed: 3, hard: 3))
    }

    @Test("Hard failures of long ago pause nothing")
    func window() {
        var table = StreamTable([rule("*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.2, 10) }])
        let bad = StreamCounts(failed: 9, hard: 9)
        #expect(table.ended(bad, of: "a", at: instant(0), wall: Self.wall) == nil)
        let good = StreamCounts(delivered: 10)
        #expect(table.ended(good, of: "a", at: instant(3700), wall: Self.wall) == nil)
    }

    @Test("A rate lets a message through at a time, first come, first served")
    func rate() {
        var table = StreamTable([rule("slow") { $0.maxRate = Rate(count: 60, per: .seconds(60)) }])
        #expect(table.admits("slow", behind: 0, at: instant(0), wall: Self.wall) == true)
        #expect(table.admits("slow", behind: 0, at: instant(0.5), wall: Self.wall) == false)
        #expect(table.nextAt("slow", instant(0.5)) == instant(1))
        #expect(table.admits("slow", behind: 5, at: instant(1.2), wall: Self.wall) == false, "whoever waits goes first")
        #expect(table.release("slow", of: 5, at: instant(1.2), wall: Self.wall) == 1)
        #expect(table.release("slow", of: 4, at: instant(1.2), wall: Self.wall) == 0)
        #expect(table.release("unknown", of: 4, at: instant(2), wall: Self.wall) == 4)
    }

    @Test("Addresses that get no mail have failed, and make no list better or worse")
    func suppressed() {
        var table = StreamTable([rule("*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.5, 4) }])
        for _ in 0..<10 { #expect(table.suppressed(1, of: "a", wall: Self.wall) == nil) }
        #expect(table.ended(StreamCounts(delivered: 2), of: "a", at: instant(0), wall: Self.wall) == nil)
        let bad = StreamCounts(failed: 2, hard: 2)
        #expect(table.ended(bad, of: "a", at: instant(0), wall: Self.wall) != nil)
        #expect(table.records["a"]?.memory.counts == StreamCounts(delivered: 2, failed: 12, hard: 2))
    }

    @Test("Only a stream that has not been seen before is new")
    func newness() {
        let settings = [rule("*") { ($0.canary, $0.minMessages) = ([10], 5) }]
        var table = StreamTable([], StreamMemory())
        #expect(table.ended(StreamCounts(delivered: 1), of: "old", at: instant(0), wall: Self.wall) == nil)
        table.replace(settings)
        #expect(table.release("old", of: 1000, at: instant(0), wall: Self.wall) == 1000)
        #expect(table.admits("new", behind: 0, at: instant(0), wall: Self.wall) == true)
        #expect(table.release("new", of: 999, at: instant(0), wall: Self.wall) == 99)
        table = StreamTable(settings, table.memory(at: instant(0), wall: Self.wall))
        #expect(table.release("new", of: 900, at: instant(0), wall: Self.wall) == 0, "a restart changes nothing")
        table.replace([])
        #expect(table.release("new", of: 900, at: instant(0), wall: Self.wall) == 900)
    }

    @Test("A new stream of which everything fails is paused, whatever the reasons")
    func allFailed() {
        var table = StreamTable([rule("*") { ($0.canary, $0.minMessages) = ([10], 5) }])
        #expect(table.ended(StreamCounts(failed: 5), of: "a", at: instant(0), wall: Self.wall) == nil)
        guard case .paused(let pause)? = table.messageEnded(of: "a", cameBack: false, wall: Self.wall)?.event else {
            Issue.record("the stream goes on")
            return
        }
        #expect(pause.reason == "canary at 10 %: all of 5 recipients failed" && table.pausedCount == 1)
    }

    @Test("The outcomes of the last hour outlive a restart, and those before it do not")
    func hour() throws {
        let rules = [rule("*") { ($0.pauseAtBounceRate, $0.minMessages) = (0.1, 20) }]
        var table = StreamTable(rules)
        #expect(table.ended(StreamCounts(failed: 9, hard: 9), of: "a", at: instant(0), wall: Self.wall) == nil)
        #expect(table.ended(StreamCounts(delivered: 10), of: "a", at: instant(1800), wall: Self.wall) == nil)
        let memory = try StreamFile(StreamFile(table.memory(at: instant(1800), wall: Self.wall)).octets()).memory()
        for (downtime, isPaused) in [(0, true), (1500, true), (1860, false), (7200, false)] {
            table = StreamTable(rules, memory)
            table.restoreHours(at: instant(5), wall: Self.wall + .seconds(downtime))
            let verdict = table.ended(StreamCounts(failed: 1, hard: 1), of: "a", at: instant(5), wall: Self.wall)
            #expect((verdict != nil) == isPaused, "after \(downtime) s")
        }
    }

    @Test("Pauses outlive a restart")
    func restart() {
        var table = StreamTable()
        #expect(table.pause("a", StreamPause(by: .operator, reason: "list", since: Self.wall)) == true)
        table = StreamTable([], table.memory(at: instant(0), wall: Self.wall))
        #expect(table.isPaused("a") && table.restrains && table.pausedCount == 1)
    }

    @Test("Many names cost bounded room, no count is lost, and no pause is forgotten", arguments: UInt64(1)...3)
    func bounded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = StreamTable()
        let paused = (0..<10).map { "paused \($0)" }
        for name in paused {
            let pause = StreamPause(by: .operator, reason: nil, since: .distantPast)
            #expect(table.pause(name, pause) == true, "seed \(seed)")
        }
        for number in 0..<5000 {
            let name = "\(UInt64.random(in: 0...100_000, using: &generator))"
            let wall = Self.wall + .milliseconds(number)
            #expect(table.ended(StreamCounts(delivered: 1), of: name, at: instant(0), wall: wall) == nil)
            #expect(table.records.count <= StreamRoom.limit + paused.count)
        }
        let sum = table.records.values.reduce(into: table.others) { $0 += $1.memory.counts }
        #expect(sum == StreamCounts(delivered: 5000), "seed \(seed)")
        #expect(paused.allSatisfy { table.isPaused($0) }, "seed \(seed)")
    }

    @Test("An operator can pause as many again as there is room for")
    func manyPauses() {
        var table = StreamTable()
        let pause = StreamPause(by: .operator, reason: nil, since: Self.wall)
        for number in 0..<StreamRoom.limit { #expect(table.pause("\(number)", pause) == true) }
        #expect(table.pause("one more", pause) == false)
        #expect(table.pause("7", pause) == true, "it is paused already")
        #expect(table.admits("one more", behind: 0, at: instant(0), wall: Self.wall) == true)
        #expect(table.ended(StreamCounts(failed: 1), of: "one more", at: instant(0), wall: Self.wall) == nil)
        #expect(table.records["one more"]?.memory.counts == StreamCounts(failed: 1))
    }
}
