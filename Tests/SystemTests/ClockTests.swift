import Foundation
import Glibc
import Testing

@Suite("A relay whose system clock is set", .scenario)
struct ClockTests {
    private static let days = 6 * 86_400

    private func send(_ prefix: String, _ count: Int, to relay: Relay) throws -> Burst.Result {
        let sent = try Burst(TestMail.series(prefix, count), to: relay.port, connections: 2).finish()
        #expect(sent.accepted.count == count)
        return sent
    }

    @Test(
        "six days off for a while, and every upstream down: nothing fails, all is delivered", arguments: [days, -days])
    func thereAndBack(seconds: Int) throws {
        let sink = try Sink()
        try sink.killNow()
        let clock = try ShiftedClock()
        let relay = try Relay(RelayConfig(sink.upstream("sink")), environment: clock.environment)
        var sent = try send("before", 20, to: relay)
        try relay.wait("deferred")
        try clock.set(ahead: .seconds(seconds))
        try relay.wait("clock_stepped", within: .seconds(5))
        sent.accepted.formUnion(try send("during", 20, to: relay).accepted)
        // Every message has had its turn with the clock as it is.
        try relay.wait(for: relay.count("deferred") + 80, "deferred")
        try clock.set(ahead: .zero)
        try relay.wait(for: 2, "clock_stepped", within: .seconds(5))
        sent.accepted.formUnion(try send("after", 20, to: relay).accepted)
        try relay.wait(for: relay.count("deferred") + 60, "deferred")
        #expect(relay.count("failed") == 0)
        try sink.restart()
        try sink.wait(for: 60)
        #expect(try relay.stop() == .code(0))
        #expect(relay.count("failed") == 0)
        let steps = relay.lines("clock_stepped").compactMap(\.by_ms)
        #expect(steps.map { ($0 / 1000).rounded() } == [Double(seconds), Double(-seconds)])
        #expect(relay.lines("delivered").allSatisfy { ($0.delay_ms ?? -1) >= 0 && ($0.delay_ms ?? 0) < 300_000 })
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
    }

    @Test("a message expires when its time has passed, not when the clock says so")
    func expiry() throws {
        let sink = try Sink()
        try sink.killNow()
        let clock = try ShiftedClock()
        var config = RelayConfig(sink.upstream("sink"))
        config.retry += ["expire_after = \"3s\""]
        let relay = try Relay(config, environment: clock.environment)
        let start = ContinuousClock.now
        _ = try send("old", 1, to: relay)
        try clock.set(ahead: .seconds(Self.days))
        try relay.wait("failed")
        #expect(ContinuousClock.now - start >= .seconds(3))
        #expect(relay.count("clock_stepped") == 1)
        try relay.stop()
    }

    @Test("mail on disk with due times of a wrong clock goes out soon after the start", arguments: [days, -days])
    func restart(seconds: Int) throws {
        let sink = try Sink()
        try sink.killNow()
        let clock = try ShiftedClock(ahead: .seconds(seconds))
        var config = RelayConfig(sink.upstream("sink"))
        config.retry = ["initial = \"20s\"", "max = \"20s\""]
        let relay = try Relay(config, environment: clock.environment)
        let sent = try send("disk", 20, to: relay)
        try relay.wait(for: 20, "deferred")
        #expect(try relay.stop() == .code(0))
        try sink.restart()
        try relay.restart()
        try sink.wait(for: 20, within: .seconds(40))
        #expect(relay.count("failed") == 0)
        #expect(try relay.stop() == .code(0))
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
    }

    @Test("mail comes and goes, and everything can be asked, whatever the year", arguments: [1960, 1970, 2039, 3200])
    func years(year: Int) throws {
        let sink = try Sink(keepsContent: true)
        let clock = try ShiftedClock(ahead: ShiftedClock.lead(toYear: year))
        let relay = try Relay(RelayConfig(sink.upstream("sink")), environment: clock.environment)
        var sent = try send("early", 5, to: relay)
        try relay.wait(for: 5, "delivered")
        try sink.killNow()
        sent.accepted.formUnion(try send("late", 5, to: relay).accepted)
        try relay.wait("deferred")
        for words in [
            ["queue", "list"], ["queue", "list", "--json"], ["queue", "stats"], ["queue", "stats", "--json"],
            ["upstream", "list"], ["upstream", "show", "sink"], ["upstream", "show", "sink", "--json"],
        ] {
            let result = try relay.command(words, environment: clock.environment)
            #expect(result.exit == .code(0), "\(words): \(result.errors)")
        }
        let queue = try relay.queue()
        #expect(queue.count == 5 && queue.allSatisfy { $0.received_at.hasPrefix("\(year)-01-01T") })
        let id = try #require(queue.first?.queue_id)
        #expect(try relay.command(["queue", "show", id], environment: clock.environment).exit == .code(0))
        try sink.restart()
        try sink.wait(for: 5)
        #expect(try relay.stop() == .code(0))
        #expect(relay.lines("delivered").allSatisfy { ($0.delay_ms ?? -1) >= 0 && ($0.took_ms ?? -1) >= 0 })
        for line in try sink.books() {
            #expect(String(decoding: try sink.content(of: line), as: UTF8.self).contains(" Jan \(year) 00:"))
        }
        try relay.restart(environment: clock.environment)
        #expect(try relay.stop() == .code(0))
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
    }
}
