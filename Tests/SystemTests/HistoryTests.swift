import Foundation
import Glibc
import Testing

@Suite("The history of a relay", .scenario)
struct HistoryTests {
    /// One line of `history search --json`, by the documented names.
    struct Entry: Decodable {
        struct Recipient: Decodable {
            var address: String?
            var outcome: String
            var upstream: String?
            var reply: String?
            var `class`: String?
            var attempts: Int
            var seconds: Double
        }

        var queue_id: String
        var message_id: String
        var received_at: String
        var finished_at: String
        var size: Int
        var sender: String
        var user: String?
        var route: String
        var stream: String
        var recipients: [Recipient]
        var cursor: Int
    }

    private static func search(_ relay: Relay, _ words: String...) throws -> [Entry] {
        let result = try relay.command(["history", "search", "--json"] + words)
        try #require(result.exit == .code(0), "\(result.errors)")
        return try result.output.map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
    }

    @Test("answers who got what, while the relay runs and when it is stopped")
    func search() throws {
        let sink = try Sink("--fail-at", "rcpt", "--fail-recipient", "gone", "--reply", "550 5.1.1 No such user")
        let relay = try Relay(RelayConfig(sink.upstream("ses")))
        let mails = TestMail.series("kept", 20) + TestMail.series("gone", 1)
        #expect(try Burst(mails, to: relay.port).finish().accepted.count == 21)
        try relay.wait(for: 20, "delivered")
        try relay.wait(for: 1, "failed")
        try relay.waitForQueue { $0.allSatisfy { $0.sender.isEmpty } }
        try check(relay, mails)
        let id = try #require(try Self.search(relay, "--recipient", mails[3].recipient).first?.queue_id)
        let shown = try relay.command("queue", "show", id)
        #expect(shown.exit == .code(0))
        #expect(shown.output.contains { $0.contains("<\(mails[3].recipient)>  delivered") })
        try relay.stop()
        try check(relay, mails)
        #expect(try relay.command("queue", "show", id).output == shown.output)
        try relay.restart()
        try check(relay, mails)
        try relay.stop()
    }

    private func check(_ relay: Relay, _ mails: [TestMail]) throws {
        let one = try Self.search(relay, "--recipient", mails[3].recipient.uppercased(), "--newer-than", "1h")
        #expect(one.map(\.message_id) == ["<\(mails[3].tag)@client.example>"])
        #expect(one[0].sender == "sender@example.com")
        #expect(one[0].route == "default" && one[0].stream == "default")
        #expect(one[0].recipients.map(\.outcome) == ["delivered"])
        #expect(one[0].recipients[0].upstream == "ses")
        #expect(one[0].recipients[0].attempts == 1)
        #expect(one[0].recipients[0].reply?.hasPrefix("250") == true)
        #expect((0..<60).contains(one[0].recipients[0].seconds))
        let failed = try Self.search(relay, "--class", "invalid_recipient", "--last-reply", "No such")
        #expect(failed.map { $0.recipients[0].address } == [mails[20].recipient])
        #expect(failed[0].recipients[0].outcome == "failed")
        let all = try Self.search(relay, "--sender", "sender@example.com")
        #expect(Set(all.map(\.message_id)) == Set(mails.map { "<\($0.tag)@client.example>" }))
        let first = try Self.search(relay, "--sender", "sender@example.com", "--limit", "5")
        let rest = try Self.search(relay, "--sender", "sender@example.com", "--after", "\(first[4].cursor)")
        #expect((first + rest).map(\.queue_id) == all.map(\.queue_id))
        #expect(try Self.search(relay, "--until", "1h").isEmpty)
        #expect(try relay.command("history", "show", "0000000000001").exit == .code(66))
        let stats = try relay.command(
            "history", "stats", "--sender", "sender@example.com", "--upstream", "ses", "--json")
        #expect(stats.output.first?.contains("\"delivered\":20") == true)
        #expect(stats.output.first?.contains("\"p99_seconds\":0") == true)
    }

    @Test("forgets an address, and keeps the outcome")
    func erase() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("ses")))
        let mails = TestMail.series("erase", 5)
        _ = try Burst(mails, to: relay.port).finish()
        try relay.wait(for: 5, "delivered")
        try relay.waitForQueue { $0.isEmpty }
        #expect(try relay.command("history", "erase", "--recipient", mails[2].recipient).exit == .code(64))
        #expect(try Self.search(relay, "--recipient", mails[2].recipient).count == 1)
        let answer = try relay.command(
            "history", "erase", "--recipient", mails[2].recipient, "--yes", "--reason", "asked")
        #expect(answer.exit == .code(0), "\(answer.errors)")
        #expect(try Self.search(relay, "--recipient", mails[2].recipient).isEmpty)
        let all = try Self.search(relay)
        #expect(all.count == 5)
        #expect(all.filter { $0.recipients[0].address == nil }.map { $0.recipients[0].outcome } == ["delivered"])
        #expect(relay.lines("history_erased").map(\.reason) == ["asked"])
        #expect(
            relay.process.errors.current.lines.allSatisfy { !$0.contains("history_erased") || !$0.contains("erase-2") })
        try relay.stop()
    }

    @Test(
        "killed at a step of a move or an erasure: every message is there, once",
        arguments: [
            "afterRunWrite", "afterRunNaming", "afterDeparturesForgotten", "afterContentForgotten",
            "afterRunReplacement",
        ])
    func killed(_ step: String) throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("ses"))
        config.tables = ["[history]", "content = true"]
        let relay = try Relay(config, environment: ["POSTHORSE_KILL_AT": "\(step):1"])
        let mails = TestMail.series("kill", 40, sizes: [300, 40_000])
        _ = try Burst(mails, to: relay.port).finish()
        try relay.wait(for: 40, "delivered")
        try relay.waitForQueue { $0.isEmpty }
        #expect(try relay.command("history", "erase", "--recipient", mails[7].recipient, "--yes").exit != .code(0))
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        let stopped = try Self.search(relay)
        try relay.restart()
        let running = try Self.search(relay)
        for found in [stopped, running] {
            #expect(found.map(\.message_id).sorted() == mails.map { "<\($0.tag)@client.example>" }.sorted())
        }
        let again = try relay.command("history", "erase", "--recipient", mails[7].recipient, "--yes")
        #expect(again.exit == .code(0))
        let left = try Self.search(relay)
        #expect(left.count == 40)
        #expect(try Self.search(relay, "--recipient", mails[7].recipient).isEmpty)
        for entry in left {
            let mail = try #require(mails.first { entry.message_id == "<\($0.tag)@client.example>" })
            let content = try relay.command("history", "show", entry.queue_id, "--content")
            #expect(content.exit == .code(mail == mails[7] ? 66 : 0))
            if mail != mails[7] { #expect(Self.isContent(content.output, mail)) }
        }
        try relay.stop()
    }

    /// Whether it is what was sent, behind the relay's own fields.
    private static func isContent(_ lines: [String], _ mail: TestMail) -> Bool {
        (lines.joined(separator: "\n") + "\n").utf8.suffix(mail.content.count).elementsEqual(mail.content)
    }

    @Test("has the content of what left, while the relay runs and when it is stopped")
    func content() throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("ses"))
        config.tables = ["[history]", "content = true"]
        let relay = try Relay(config)
        let mails = TestMail.series("content", 2, sizes: [300, 90_000])
        _ = try Burst(mails, to: relay.port).finish()
        try relay.wait(for: 2, "delivered")
        try relay.waitForQueue { $0.isEmpty }
        let ids = try mails.map { mail in
            try #require(try Self.search(relay, "--recipient", mail.recipient).first?.queue_id)
        }
        for isRunning in [true, false] {
            if !isRunning { try relay.stop() }
            for (id, mail) in zip(ids, mails) {
                let content = try relay.command("history", "show", id, "--content")
                #expect(content.exit == .code(0), "\(content.errors)")
                #expect(content.output.first == "X-Posthorse-ID: \(id)\r")
                #expect(Self.isContent(content.output, mail))
            }
            #expect(try relay.command("history", "show", "0000000000001", "--content").exit == .code(66))
            #expect(try relay.command("history", "show", ids[0], "--content", "--json").exit == .code(64))
        }
    }

    @Test(
        "killed at any commit, agrees with what has left",
        arguments: ["beforeCommit:9", "afterCommit:9", "afterCommit:30"])
    func killedAtCommit(_ point: String) throws {
        let sink = try Sink(keepsContent: true)
        let relay = try Relay(
            starting: RelayConfig(sink.upstream("ses", "in_doubt = \"hold\"")),
            environment: ["POSTHORSE_KILL_AT": point])
        try relay.waitUntilReady()
        let mails = TestMail.series("commit", 1500)
        let sent = try Burst(mails, to: relay.port, connections: 6).finish()
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        try relay.waitForQueue { $0.allSatisfy { $0.state == "in_doubt" } }
        let queued = Set(try relay.queue().map(\.message_id))
        let left = try Self.search(relay).map(\.message_id)
        #expect(Set(left).count == left.count)
        #expect(queued.isDisjoint(with: left))
        #expect(
            sent.accepted.isSubset(of: Set((queued.union(left)).map { String($0.dropFirst().prefix { $0 != "@" }) })))
        try relay.stop()
    }
}
