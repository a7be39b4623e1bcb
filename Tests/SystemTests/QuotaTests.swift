import Foundation
import Glibc
import Testing

@Suite("An upstream with a quota, and a relay that dies", .scenario)
struct QuotaTests {
    private static let limit = 400

    private func config(_ small: Sink, _ large: Sink) -> RelayConfig {
        let lines = ["quota = [\"\(Self.limit)/24h\"]", "in_doubt = \"failover\"", "in_doubt_hold = \"1s\""]
        return RelayConfig(small.upstream("small", lines: lines), large.upstream("large"))
    }

    private func quota(_ relay: Relay) throws -> (used: Int, left: Int) {
        let result = try relay.command("upstream", "show", "small", "--json")
        let line = try #require(result.output.first)
        let upstream = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let quota = try #require((upstream["quotas"] as? [[String: Any]])?.first)
        return (try #require(quota["used"] as? Int), try #require(quota["left"] as? Int))
    }

    @Test("gets no more than that, wherever the relay is killed, and all mail is delivered", arguments: [30, 150, 390])
    func killed(after count: Int) throws {
        let (small, large) = (try Sink(), try Sink())
        let relay = try Relay(config(small, large))
        let first = Burst(TestMail.series("first", 600), to: relay.port, connections: 4)
        try first.waitForAccepted(count)
        try relay.process.killNow()
        var sent = try first.finish()
        try relay.restart()
        let given = try small.books().count
        #expect(try quota(relay).used >= given)
        // What may have left, of which the relay has heard nothing, and a block of two.
        #expect(try quota(relay).used <= given + 200)
        let second = try Burst(TestMail.series("second", 600), to: relay.port, connections: 4).finish()
        sent.accepted.formUnion(second.accepted)
        try relay.waitForQueue { $0.isEmpty }
        try relay.stop()
        #expect(try small.books().count <= Self.limit)
        let books = try Books(sent, sinks: [small, large], relay: relay)
        books.checkNothingLost()
        #expect(books.queued.isEmpty)
    }

    @Test("has after a stop exactly what it was given, and what an operator has said")
    func stopped() throws {
        let (small, large) = (try Sink(), try Sink())
        let relay = try Relay(config(small, large))
        _ = try Burst(TestMail.series("before", 50), to: relay.port).finish()
        try small.wait(for: 50)
        try relay.waitForQueue { $0.isEmpty }
        #expect(try relay.stop() == .code(0))
        try relay.restart()
        #expect(try quota(relay).used == 50)
        let order = ["upstream", "quota", "small", "--used", "\(Self.limit - 10)", "--reason", "the console"]
        let rehearsal = try relay.command(order + ["--dry-run"])
        #expect(rehearsal.output.first?.contains("Nothing has changed.") == true)
        #expect(try quota(relay).used == 50)
        #expect(try relay.command(order).exit == .code(0))
        try relay.process.killNow()
        try relay.restart()
        #expect(try quota(relay).left <= 10)
        _ = try Burst(TestMail.series("after", 50), to: relay.port).finish()
        try relay.waitForQueue { $0.isEmpty }
        try relay.stop()
        #expect(try small.books().count <= 60)
        #expect(try small.books().count + large.books().count == 100)
    }
}
