import Testing

@Suite("Upstreams that fail", .scenario)
struct FailoverTests {
    @Test("a primary that refuses connections: the mail goes through the secondary within a second")
    func refused() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        try primary.killNow()
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        let sent = try Burst(TestMail.series("refused", 1), to: relay.port).finish()
        try secondary.wait(for: 1)
        try relay.wait(for: 1, "delivered")
        let delay = try #require(relay.lines("delivered").first?.delay_ms)
        #expect(delay < 1000)
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }

    @Test("a primary killed in the middle of a burst: nothing is lost, nothing goes out twice")
    func killedInBurst() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        let hold = "in_doubt = \"hold\""
        let relay = try Relay(RelayConfig(primary.upstream("primary", hold), secondary.upstream("secondary", hold)))
        let burst = Burst(TestMail.series("burst", 2000), to: relay.port)
        try primary.wait(for: 500)
        try primary.killNow()
        let sent = try burst.finish()
        #expect(sent.accepted.count == 2000)
        try relay.wait(for: 2000 - relay.count("in_doubt"), "delivered")
        #expect(try relay.stop() == .code(0))
        let books = try Books(sent, sinks: [primary, secondary], relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
        #expect(try !secondary.books().isEmpty)
    }
}
