import Testing

@Suite("Failing upstreams", .scenario)
struct FailoverTests {
    private static let hold = "in_doubt = \"hold\""

    @Test("a primary that refuses connections: the mail goes through the secondary within a second")
    func refused() throws {
        let primary = try Sink()
        try primary.killNow()
        try checkSecondary(behind: primary)
    }

    @Test(
        "a primary that falls silent: the mail goes through the secondary within a second",
        arguments: ["connect", "banner", "ehlo", "mail", "rcpt", "data"])
    func silent(_ phase: String) throws {
        try checkSecondary(behind: try Sink("--hang-at", phase))
    }

    @Test(
        "a primary that closes the connection: the mail goes through the secondary within a second",
        arguments: ["connect", "banner", "ehlo", "mail", "rcpt", "data"])
    func dropped(_ phase: String) throws {
        try checkSecondary(behind: try Sink("--drop-at", phase))
    }

    @Test(
        "a primary that answers 421 or 4xx: the mail goes through the secondary within a second",
        arguments: ["banner", "ehlo", "mail", "rcpt", "data"], ["421 4.3.2 Going down", "451 4.3.0 Not now"])
    func unwilling(_ phase: String, _ reply: String) throws {
        try checkSecondary(behind: try Sink("--fail-at", phase, "--reply", reply))
    }

    /// Too large for the final dot to have left for the primary when that stops reading.
    @Test(
        "a primary that fails during the content: the mail goes through the secondary",
        arguments: ["--hang-at", "--drop-at"])
    func failsInContent(_ fault: String) throws {
        let primary = try Sink(fault, "content")
        try checkSecondary(behind: primary, mails: [TestMail(tag: "large", size: 12_000_000)], within: 3000)
    }

    @Test(
        "a primary that refuses content before its end: the reply is the verdict on the message",
        arguments: ["451 4.3.0 Not now", "554 5.7.1 Spam"])
    func refusesContent(_ reply: String) throws {
        // It refuses what it sees the end of as well: on a slow machine the relay may have written the dot by then.
        let primary = try Sink("--fault", "content raw: \(reply)\\r\\n", "--fault", "dot reply: \(reply)")
        let secondary = try Sink()
        let relay = try Relay(
            RelayConfig(primary.upstream("primary", "patience = \"10s\""), secondary.upstream("secondary")))
        let sent = try Burst(TestMail.series("refused", 8, sizes: [3_000_000]), to: relay.port).finish()
        try secondary.wait(for: 8)
        try relay.wait(for: 8, "delivered")
        let moved = relay.lines("deferred")
        let tried = moved.filter { $0.phase == "dot" && $0.reply == reply }
        // Three 451 in a row open the circuit: what still waits for a session then moves on with that reply.
        let untried = moved.filter { $0.phase == "connect" && $0.reply == "dot: \(reply)" }
        #expect(!tried.isEmpty && tried.count + untried.count == moved.count)
        #expect(untried.isEmpty || reply.hasPrefix("451") && tried.count >= 3)
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }

    @Test("a primary whose name cannot be resolved: the mail goes through the secondary")
    func unresolvable() throws {
        let secondary = try Sink()
        let primary = RelayConfig.Upstream(name: "primary", address: "no-such-host.invalid:25")
        let relay = try Relay(RelayConfig(primary, secondary.upstream("secondary")))
        let sent = try Burst(TestMail.series("unresolvable", 3), to: relay.port).finish()
        try secondary.wait(for: 3)
        try relay.wait(for: 3, "delivered")
        try relay.stop()
        try Books(sent, sinks: [secondary], relay: relay).checkExactlyOnce()
    }

    /// Content goes through memory, or through segments, depending on its size.
    private func checkSecondary(
        behind primary: Sink, mails: [TestMail] = TestMail.series("failover", 2, sizes: [300, 400_000]),
        within limit: Double = 1000
    ) throws {
        let secondary = try Sink(keepsContent: true)
        let relay = try Relay(
            RelayConfig(primary.upstream("primary", "patience = \"500ms\""), secondary.upstream("secondary")))
        let sent = try Burst(mails, to: relay.port, connections: 2).finish()
        #expect(sent.accepted.count == mails.count)
        try secondary.wait(for: mails.count)
        try relay.wait(for: mails.count, "delivered")
        for line in relay.lines("delivered") {
            #expect(try #require(line.delay_ms) < limit)
            #expect(line.upstream == "secondary")
        }
        #expect(try relay.stop() == .code(0))
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
        try secondary.checkContent(of: mails)
    }

    @Test("a primary killed in the middle of a burst: nothing is lost, nothing is sent twice")
    func killedInBurst() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        let relay = try Relay(
            RelayConfig(primary.upstream("primary", Self.hold), secondary.upstream("secondary", Self.hold)))
        let burst = Burst(TestMail.series("burst", 2000), to: relay.port)
        try primary.wait(for: 500)
        try primary.killNow()
        let sent = try burst.finish()
        #expect(sent.accepted.count == 2000)
        try relay.waitForRest(of: 2000)
        #expect(try relay.stop() == .code(0))
        let books = try Books(sent, sinks: [primary, secondary], relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
        #expect(try secondary.books().count >= 2000 - 500 - 10 * 10)
    }

    @Test("a primary that accepts the mail and drops the reply: in doubt, shown, and retried there by policy")
    func inDoubt() throws {
        let (primary, secondary) = (try Sink("--drop-after-dot", "--limit", "1"), try Sink())
        let policy = ["in_doubt = \"retry_same\"", "in_doubt_hold = \"6s\""]
        var config = RelayConfig(primary.upstream("primary"), secondary.upstream("secondary"))
        config.upstreams[0].lines = policy
        let relay = try Relay(config)
        let sent = try Burst(TestMail.series("doubt", 1), to: relay.port).finish()
        try relay.wait(for: 1, "in_doubt")
        #expect(try relay.queue().map(\.state) == ["in_doubt"])
        try relay.wait(for: 1, "delivered")
        try relay.stop()
        let books = try Books(sent, sinks: [primary, secondary], relay: relay)
        books.checkNothingLost()
        #expect(books.queued.isEmpty)
        // Twice at the same upstream, with the same bytes and IDs, and never at another.
        #expect(try primary.books().map(\.replied) == [false, true])
        #expect(try Set(primary.books().map(\.message_id)).count == 1)
        #expect(try secondary.books().isEmpty)
    }

    @Test("both upstreams down: mail is accepted all the same, and the queue drains when one is back")
    func bothDown() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        try primary.killNow()
        try secondary.killNow()
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        let sent = try Burst(TestMail.series("down", 300), to: relay.port).finish()
        #expect(sent.accepted.count == 300)
        try relay.wait(for: 2, "circuit")
        #expect(try relay.queue().count == 300)
        try secondary.restart()
        try secondary.wait(for: 300)
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }

    @Test("a recovered primary gets the mail again")
    func failback() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        try primary.killNow()
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        var sent = try Burst(TestMail.series("before", 20), to: relay.port).finish()
        try secondary.wait(for: 20)
        try primary.restart()
        for round in 0..<50 where primary.taken == 0 {
            let more = try Burst(TestMail.series("round\(round)", 5), to: relay.port).finish()
            sent.accepted.formUnion(more.accepted)
            try relay.wait(for: sent.accepted.count, "delivered")
        }
        #expect(primary.taken > 0)
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
    }
}

extension Relay {
    /// Waits until every one of this many messages is delivered or in doubt.
    func waitForRest(of count: Int, within limit: Duration = .seconds(60)) throws {
        let found = process.errors.wait(within: limit) { output -> Bool? in
            let settled = (output.events["delivered"] ?? 0) + (output.events["in_doubt"] ?? 0)
            if settled >= count { return true }
            return output.hasEnded ? false : nil
        }
        guard found == true else { throw ScenarioError("not all of \(count) settled\n\(process.lastWords)") }
    }
}
