import Testing

@Suite("Upstreams that fail for a while", .scenario)
struct FaultTests {
    private static let hold = "in_doubt = \"hold\""

    @Test(
        "a primary that falls silent under load: the secondary has its first mail within a second, and all of it soon")
    func silentUnderLoad() throws {
        let (primary, secondary) = (try Sink("--faults-off", "--fault", "mail hang"), try Sink())
        var config = RelayConfig(
            primary.upstream("primary", "patience = \"400ms\""), secondary.upstream("secondary"))
        config.circuit = ["consecutive_failures = 3", "open_duration = \"1m\""]
        let relay = try Relay(config)
        let burst = Burst(TestMail.series("silent", 1500), to: relay.port)
        try primary.wait(for: 300)
        try primary.toggleFaults()
        let clock = ContinuousClock()
        let trouble = clock.now
        try secondary.wait(for: 1)
        #expect(clock.now - trouble < .seconds(1))
        let sent = try burst.finish()
        #expect(sent.accepted.count == 1500)
        try relay.wait(for: 1500, "delivered")
        #expect(try relay.stop() == .code(0))
        // Messages share what one has learned: one after another over 20 sessions it would take a minute.
        let waits = relay.lines("delivered").compactMap(\.delay_ms)
        #expect(try #require(waits.max()) < 3000)
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }

    @Test("a flapping primary: nothing is lost, nothing is sent twice")
    func flapping() throws {
        let primary = try Sink("--fault", "connect down from=200ms for=300ms every=600ms")
        let secondary = try Sink()
        let relay = try Relay(
            RelayConfig(primary.upstream("primary", Self.hold), secondary.upstream("secondary", Self.hold)))
        var accepted = Burst.Result()
        for round in 0..<10 {
            let sent = try Burst(TestMail.series("flap\(round)", 300), to: relay.port).finish()
            accepted.accepted.formUnion(sent.accepted)
        }
        #expect(accepted.accepted.count == 3000)
        try relay.waitForRest(of: 3000)
        #expect(try relay.stop() == .code(0))
        let books = try Books(accepted, sinks: [primary, secondary], relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
        #expect(try !secondary.books().isEmpty)
    }

    @Test(
        "a primary whose fault ends gets the mail again by itself",
        arguments: [
            ["mail reply: 421 4.3.2 Going down"], ["rcpt reply: 451 4.3.0 Not now"], ["connect down"],
            ["connect cut", "banner hang"], ["connect cut", "ehlo endless"], ["mail raw: \\x00\\xFF\\r\\n"],
        ])
    func ends(_ faults: [String]) throws {
        let primary = try Sink(options: ["--faults-off"] + faults.flatMap { ["--fault", $0] })
        let secondary = try Sink()
        let relay = try Relay(
            RelayConfig(primary.upstream("primary", "patience = \"400ms\""), secondary.upstream("secondary")))
        var sent = Burst.Result()
        func send(_ tag: String, _ count: Int) throws {
            let more = try Burst(TestMail.series(tag, count), to: relay.port).finish()
            sent.accepted.formUnion(more.accepted)
            try relay.wait(for: sent.accepted.count, "delivered")
        }
        try send("well", 20)
        #expect(try secondary.books().isEmpty)
        try primary.toggleFaults()
        try send("ill", 20)
        #expect(try secondary.books().count == 20)
        try primary.toggleFaults()
        for round in 0..<200 where primary.taken == 20 { try send("again\(round)", 5) }
        #expect(primary.taken > 20)
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }
}
