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

    /// Submits a mail without waiting for the reply to its dot; the envelope is answered.
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
        "a client that never saw its 250 resubmits the mail: one queue ID, one delivery",
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
        "killed around the commit, before the client has its 250: the second submission counts as the first",
        arguments: ["beforeCommit", "afterCommit"], [300, 40_000])
    func killed(step: String, size: Int) throws {
        let sink = try Sink()
        // Starting commits nothing; the message is the first.
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
            try relay.wait(for: 1, "resubmitted")
        } else {
            #expect(reply.hasPrefix("250 ") && relay.count("resubmitted") == 0)
        }
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().map(\.recipients) == [[mail.recipient]])
    }

    @Test("the same mail of two users is two mails, and of one user, one")
    func users() throws {
        let account = try Account()
        let sink = try Sink()
        let hash = try account.hash()
        var config = config(sink.upstream("sink"))
        config.listener += ["auth = \"required\"", "auth_without_tls = true"]
        config.tables = ["app", "other"].flatMap { name in
            ["[[user]]", "name = \"\(name)\"", "password_hash = '\(hash)'"]
        }
        let relay = try Relay(config)
        let mail = TestMail(tag: "mine")
        func submit(as user: String) throws -> String {
            let client = try relay.connect()
            try client.greet()
            let credentials = Data("\0\(user)\0\(Account.password)".utf8).base64EncodedString()
            #expect(try client.ask("AUTH PLAIN \(credentials)").hasPrefix("235 "))
            return try client.deliver(mail)
        }
        let replies = try ["app", "other", "app", "other"].map { try submit(as: $0) }
        #expect(replies[0] != replies[1] && replies[2] == replies[0] && replies[3] == replies[1])
        try relay.wait(for: 2, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().count == 2)
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

    /// Whether a final dot is recorded in the journal.
    private func hasDot(_ relay: Relay) -> Bool {
        let journal = try? Data(contentsOf: URL(fileURLWithPath: relay.spoolPath + "/dots"))
        return journal?.dropFirst(64).contains { $0 != 0 } ?? false
    }

    @Test("killed after the dot: in doubt, listed, counted, with dot_sent in the ledger, and resolved by hand")
    func resolved() throws {
        let sink = try Sink("--hang-at", "dot")
        let relay = try Relay(RelayConfig(sink.upstream("sink", "in_doubt = \"hold\"", "data_timeout = \"1h\"")))
        let mail = TestMail(tag: "doubt")
        let names = ["a", "b", "c"].map { "\($0)@example.net" }
        let client = try relay.connect()
        try client.greet()
        for command in ["MAIL FROM:<s@example.com>"] + names.map({ "RCPT TO:<\($0)>" }) + ["DATA"] {
            try #require(try client.ask(command).first != "5")
        }
        try client.send(mail.wire)
        let id = try String(client.reply().suffix(13))
        try relay.waitForQueue { _ in hasDot(relay) }
        func resolve(_ words: String...) throws -> Posthorse.Result {
            try relay.command(["queue", "resolve", id] + words)
        }
        #expect(try resolve("--delivered").exit == .code(75))
        try relay.process.killNow()
        #expect(try resolve("--delivered").exit == .code(69))
        try sink.killNow()
        try sink.restart()
        try relay.restart()
        #expect(try relay.command("queue", "list", "--state", "in_doubt", "--json").output.count == 1)
        let figures = try relay.command("queue", "stats", "--json").output.joined()
        #expect(figures.contains("\"in_doubt\":3"))
        let shown = try relay.command("queue", "show", id, "--json").output.joined()
        #expect(shown.contains("\"dot_sent\":true"))
        #expect(try relay.command("queue", "show", id).output.contains { $0.contains("final dot sent") })

        #expect(try resolve("--delivered", "--recipient", names[0]).exit == .code(0))
        let answer = try resolve("--retry", "--recipient", names[1], "--json")
        let expected = #"{"queue_id":"\#(id)","recipients":["\#(names[1])"],"resolution":"retry"}"#
        #expect(answer.output == [expected], "\(answer.errors)")
        try relay.wait(for: 1, "delivered")
        #expect(relay.count("resolved") == 2)
        #expect(try resolve("--delivered", "--recipient", names[0]).exit == .code(65))
        #expect(try resolve("--retry", "--recipient", "nobody@x").exit == .code(65))
        #expect(try relay.command("queue", "resolve", "0000000000001", "--retry").exit == .code(66))
        #expect(try relay.queue().flatMap(\.recipients).map(\.state) == ["delivered", "delivered", "in_doubt"])
        // What was said before a crash holds after it.
        try sink.killNow()
        #expect(try resolve("--retry").exit == .code(0))
        try relay.process.killNow()
        try sink.restart()
        try relay.restart()
        try relay.wait(for: 1, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try relay.queue().isEmpty)
        #expect(try sink.books().filter(\.replied).map(\.recipients) == [[names[1]], [names[2]]])
    }
}
