import Foundation
import Glibc
import Testing

@Suite("Never twice", .scenario)
struct NeverTwiceTests {
    private static let dedup = ["dedup_window = \"10m\""]

    private func config(_ upstreams: RelayConfig.Upstream...) -> RelayConfig {
        var config = RelayConfig()
        config.upstreams = upstreams
        config.listener = Self.dedup
        return config
    }

    /// Hands a mail in without waiting for the reply to its dot; the envelope is answered.
    private func submitAndLeave(_ mail: TestMail, _ relay: Relay) throws {
        let client = try relay.connect()
        try client.greet()
        try client.send(mail.envelope)
        for _ in 0..<3 { _ = try client.reply() }
        try client.send(mail.wire)
        client.close()
    }

    private func submit(_ mail: TestMail, _ relay: Relay) throws -> String {
        let client = try relay.connect()
        try client.greet()
        return try client.deliver(mail)
    }

    /// RFC 1047.
    @Test(
        "a client that never saw its 250 hands the mail in again: one queue ID, one delivery",
        arguments: [300, 400_000])
    func lostReply(size: Int) throws {
        let sink = try Sink()
        let relay = try Relay(config(sink.upstream("sink")))
        let mail = TestMail(tag: "lost-reply", size: size)
        try submitAndLeave(mail, relay)
        try relay.wait(for: 1, "delivered")
        let id = try #require(relay.lines("accepted").first?.id)
        #expect(try submit(mail, relay) == "250 2.0.0 Ok: queued as \(id)")
        try relay.wait(for: 1, "resubmitted")
        #expect(relay.lines("resubmitted").first?.id == id)
        let other = TestMail(tag: "another", size: size)
        #expect(try submit(other, relay).hasPrefix("250 "))
        try relay.wait(for: 2, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().map(\.recipients) == [[mail.recipient], [other.recipient]])
    }

    @Test(
        "killed around the commit, before the client has its 250: the second time is the first",
        arguments: ["beforeCommit", "afterCommit"], [300, 40_000])
    func killed(step: String, size: Int) throws {
        let sink = try Sink()
        // The start commits nothing; the message is the first.
        let relay = try Relay(config(sink.upstream("sink")), environment: ["POSTHORSE_KILL_AT": "\(step):1"])
        let mail = TestMail(tag: "killed", size: size)
        try? submitAndLeave(mail, relay)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        let before = try relay.queue().map(\.queue_id)
        #expect(before.count == (step == "beforeCommit" ? 0 : 1))
        try relay.restart()
        let reply = try submit(mail, relay)
        try relay.wait(for: 1, "delivered")
        if let id = before.first {
            #expect(reply == "250 2.0.0 Ok: queued as \(id)")
            #expect(relay.count("resubmitted") == 1)
        } else {
            #expect(reply.hasPrefix("250 ") && relay.count("resubmitted") == 0)
        }
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().map(\.recipients) == [[mail.recipient]])
    }

    @Test("without dedup_window the same mail twice is two mails")
    func off() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let mail = TestMail(tag: "twice")
        for _ in 0..<2 { #expect(try submit(mail, relay).hasPrefix("250 ")) }
        try relay.wait(for: 2, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().count == 2)
    }

    // MARK: In doubt

    @Test("killed behind the dot: in doubt, listed, counted, with dot_sent in the ledger, and settled by hand")
    func resolved() throws {
        let sink = try Sink("--hang-at", "dot")
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"", "data_timeout = \"1h\"")))
        let mails = TestMail.series("doubt", 3)
        for mail in mails { #expect(try submit(mail, relay).hasPrefix("250 ")) }
        try relay.waitForQueue { $0.count == 3 && $0.allSatisfy { $0.state == "delivering" } }
        let running = try relay.queue()[0].queue_id
        #expect(try relay.command("queue", "resolve", running, "--delivered").exit == .code(65))
        try relay.process.killNow()
        #expect(try relay.command("queue", "resolve", running, "--delivered").exit == .code(69))
        try sink.killNow()
        try sink.restart()
        try relay.restart()
        let ids = try relay.queue().map(\.queue_id)
        #expect(try relay.command("queue", "list", "--state", "in_doubt", "--json").output.count == 3)
        #expect(try relay.command("queue", "stats", "--json").output[0].contains("\"in_doubt\":3"))
        #expect(try relay.command("queue", "show", ids[0], "--json").output[0].contains("\"dot_sent\":true"))
        #expect(try relay.command("queue", "show", ids[0]).output.contains { $0.contains("final dot sent") })

        #expect(try relay.command("queue", "resolve", ids[0], "--delivered").exit == .code(0))
        let answer = try relay.command(
            "queue", "resolve", ids[1], "--retry", "--recipient", mails[1].recipient, "--json")
        #expect(
            answer.output
                == [#"{"queue_id":"\#(ids[1])","recipients":["\#(mails[1].recipient)"],"resolution":"retry"}"#])
        try relay.wait(for: 1, "delivered")
        #expect(relay.count("resolved") == 2)
        #expect(try relay.command("queue", "resolve", ids[0], "--delivered").exit == .code(66))
        #expect(try relay.command("queue", "resolve", ids[2], "--retry", "--recipient", "nobody@x").exit == .code(65))
        #expect(try relay.queue().map(\.state) == ["in_doubt"])
        // What was said before a crash holds after it.
        try sink.killNow()
        #expect(try relay.command("queue", "resolve", ids[2], "--retry").exit == .code(0))
        try relay.process.killNow()
        try sink.restart()
        try relay.restart()
        try relay.wait(for: 1, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try relay.queue().isEmpty)
        #expect(try sink.books().filter(\.replied).map(\.recipients) == [[mails[1].recipient], [mails[2].recipient]])
    }
}
