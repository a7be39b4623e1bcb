import Foundation
import TestKit
import Testing

/// Relays with each other as last resort, behind a shared provider.
@Suite("Relays that hand mail to each other", .scenario)
struct LoopTests {
    /// Relays in a ring: each has the provider first and the next relay second.
    private struct Ring {
        let provider: Sink
        let relays: [Relay]

        /// - Parameter names: of the relays.
        init(_ names: [String]) throws {
            provider = try Sink(keepsContent: true)
            try provider.killNow()
            let addresses = names.map { _ in "\(Loopback.next()):2525" }
            var relays: [Relay] = []
            for (index, name) in names.enumerated() {
                let next = RelayConfig.Upstream(name: "other", address: addresses[(index + 1) % names.count])
                var config = RelayConfig(provider.upstream("provider"), next)
                config.hostname = name
                config.tables = ["[[listener]]", "address = \"\(addresses[index])\""]
                relays.append(try Relay(config))
            }
            self.relays = relays
        }

        var accepted: [Int] { relays.map { $0.count("accepted") } }
    }

    @Test(
        "a provider that is down: mail goes to the other relay, not back, and out once when the provider returns",
        arguments: [["a.example", "b.example"], ["a.example", "b.example", "c.example"]])
    func provider(names: [String]) throws {
        let ring = try Ring(names)
        let last = try #require(ring.relays.last)
        let sent = try Burst(TestMail.series("loop", 5), to: ring.relays[0].port).finish()
        #expect(sent.accepted.count == 5)
        try last.wait(for: 5, "deferred")
        #expect(try last.queue().map(\.state) == Array(repeating: "deferred", count: 5))
        try check(ring, sent, accepted: names.map { _ in 5 }, hops: names.count)
    }

    @Test("mail of both relays at once loops in neither")
    func bothWays() throws {
        let ring = try Ring(["a.example", "b.example"])
        let bursts = ["x", "y"].enumerated().map { Burst(TestMail.series($1, 5), to: ring.relays[$0].port) }
        let sent = try bursts.map { try $0.finish() }
        for relay in ring.relays { try relay.wait(for: 5, "deferred") }
        var all = sent[0]
        all.accepted.formUnion(sent[1].accepted)
        try check(ring, all, accepted: [10, 10], hops: 2)
    }

    @Test("relays that share a name: mail comes back once, and loops no further")
    func sameName() throws {
        let ring = try Ring(["relay.example", "Relay.Example"])
        let sent = try Burst(TestMail.series("loop", 5), to: ring.relays[0].port).finish()
        try ring.relays[0].wait(for: 5, "deferred")
        try check(ring, sent, accepted: [10, 5], hops: 3)
    }

    /// The provider comes back; everything goes there once.
    private func check(_ ring: Ring, _ sent: Burst.Result, accepted: [Int], hops: Int) throws {
        for (relay, count) in zip(ring.relays, accepted) { try relay.wait(for: count, "accepted") }
        try ring.provider.restart()
        try ring.provider.wait(for: sent.accepted.count)
        for (relay, count) in zip(ring.relays, accepted) {
            try relay.wait(for: count, "delivered")
            #expect(relay.count("failed") == 0)
            #expect(try relay.stop() == .code(0))
        }
        #expect(ring.accepted == accepted)
        for relay in ring.relays { try Books(sent, sinks: [ring.provider], relay: relay).checkExactlyOnce() }
        for line in try ring.provider.books() {
            let text = String(decoding: try ring.provider.content(of: line), as: UTF8.self)
            #expect(text.components(separatedBy: "\r\nReceived: ").count - 1 == hops)
        }
    }
}
