import Foundation
import Glibc
import TestKit
import Testing

@Suite("Suppression, by a relay and its commands", .scenario)
struct SuppressionTests {
    private struct Entry: Decodable {
        var pattern: String
        var reason: String
        var source: String
        var added_at: String
        var expires_at: String?
    }

    private func relay(_ sink: Sink, _ lines: String...) throws -> Relay {
        var config = RelayConfig(sink.upstream("only"))
        config.tables = ["[suppression]"] + lines
        return try Relay(config)
    }

    private func list(_ relay: Relay) throws -> [Entry] {
        let result = try relay.command("suppression", "list", "--json")
        #expect(result.exit == .code(0))
        return try result.output.map { try JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
    }

    /// The reply to RCPT, and to the final dot if that was accepted.
    private func send(to recipient: String, _ relay: Relay, from sender: String = "app@example.com") throws -> String {
        let connection = try relay.connect()
        try connection.greet()
        try connection.ask("MAIL FROM:<\(sender)>")
        let reply = try connection.ask("RCPT TO:<\(recipient)>")
        guard reply.hasPrefix("250") else { return reply }
        try connection.ask("DATA")
        return try connection.ask("Subject: t\r\n\r\nbody\r\n.")
    }

    @Test("an address that does not exist is suppressed after as many messages as relay.conf says")
    func hardBounces() throws {
        let sink = try Sink("--fail-at", "rcpt", "--reply", "550 5.1.1 No such user")
        let relay = try relay(sink, "hard_bounces = 2")
        for count in 1...2 {
            #expect(try send(to: "bob@example.net", relay).hasPrefix("250 2.0.0"))
            try relay.wait(for: count, "failed")
        }
        try relay.wait(for: 1, "suppression_added")
        let reply = try send(to: "BOB@Example.NET", relay)
        #expect(reply.hasPrefix("550 5.1.1 bob@example.net is suppressed: by this relay"))
        #expect(try send(to: "ann@example.net", relay).hasPrefix("250 2.0.0"))
        // The sender's address does not exist either, as its notices show.
        let entry = try #require(try list(relay).first { $0.pattern == "bob@example.net" })
        #expect(entry.source == "hard_bounces")
        #expect(entry.reason == "550 5.1.1 No such user" && entry.expires_at != nil)
        #expect(try relay.command("suppression", "remove", "bob@example.net").exit == .code(0))
        #expect(try send(to: "bob@example.net", relay).hasPrefix("250 2.0.0"))
        let audit = try relay.command("audit", "list", "--subject", "bob@example.net", "--json").output
        #expect(audit.count == 2 && audit[0].contains("\"suppression add\"") && audit[0].contains("\"relay\""))
        #expect(audit[0].contains("550 5.1.1 No such user"))
        #expect(audit[1].contains("\"suppression remove\"") && audit[1].contains("\"uid:"))
        try relay.stop()
    }

    @Test("what an operator says is in force at once, survives a restart, and is gone when removed")
    func byHand() throws {
        let sink = try Sink()
        let relay = try relay(sink)
        let added = try relay.command(
            "suppression", "add", "Bob@example.net", "@example.org", "--reason", "asked us to stop")
        #expect(added.exit == .code(0) && added.output == ["bob@example.net added", "@example.org added"])
        for recipient in ["bob@example.net", "any@example.org"] {
            #expect(try send(to: recipient, relay).hasPrefix("550 5.1.1 "))
        }
        try relay.stop()
        try relay.restart()
        #expect(try send(to: "bob@example.net", relay).contains("by operator uid:"))
        #expect(try list(relay).map(\.reason) == ["asked us to stop", "asked us to stop"])
        let check = try relay.command("suppression", "check", "bob@example.net")
        #expect(check.exit == .code(0) && check.output.first?.contains("mail is refused at RCPT") == true)
        #expect(check.output.contains("reason   asked us to stop"))
        #expect(try relay.command("suppression", "remove", "bob@example.net", "ann@example.net").exit == .code(66))
        #expect(try relay.command("suppression", "check", "bob@example.net").output[0].hasSuffix("mail is sent"))
        #expect(try send(to: "bob@example.net", relay).hasPrefix("250 "))
        try relay.stop()
        #expect(try relay.command("suppression", "list").exit == .code(69))
    }

    @Test("a change by filter asks first, and a rehearsal changes nothing")
    func consent() throws {
        let relay = try relay(try Sink())
        _ = try relay.command("suppression", "add", "a@example.net", "b@example.net")
        let refused = try relay.command("suppression", "remove", "--source", "operator")
        #expect(refused.exit == .code(64) && refused.errors.joined().contains("Nothing has changed"))
        let rehearsed = try relay.command("suppression", "remove", "--all", "--dry-run")
        #expect(rehearsed.exit == .code(0) && rehearsed.output == ["2 suppressions would be removed."])
        #expect(try list(relay).count == 2)
        #expect(try relay.command("suppression", "add", "c@example.net", "nobody").exit == .code(64))
        #expect(try relay.command("suppression", "add", "c@example.net", "--dry-run").exit == .code(0))
        #expect(try list(relay).count == 2)
        #expect(try relay.command("suppression", "remove", "--all", "--yes").exit == .code(0))
        #expect(try list(relay).isEmpty)
        try relay.stop()
    }

    @Test("a file is imported whole or not, and what is exported comes back")
    func files() throws {
        let relay = try relay(try Sink())
        let path = relay.directory.path
        try "bob@example.net\nnobody\n@\n".write(toFile: path + "/bad", atomically: true, encoding: .utf8)
        let bad = try relay.command("suppression", "import", path + "/bad")
        #expect(bad.exit == .code(65))
        #expect(bad.errors.count == 3 && bad.errors[0].contains("line 2: ") && bad.errors[1].contains("line 3: "))
        #expect(try list(relay).isEmpty)
        try "email,reason\nbob@example.net,\"left, alas\"\nann@example.net,\n".write(
            toFile: path + "/good", atomically: true, encoding: .utf8)
        #expect(try relay.command("suppression", "import", path + "/good").output == ["2 suppressions added."])
        try "@example.org\n".write(toFile: path + "/wide", atomically: true, encoding: .utf8)
        #expect(try relay.command("suppression", "import", path + "/wide").exit == .code(64))
        #expect(try relay.command("suppression", "import", path + "/wide", "--yes").exit == .code(0))
        for (form, file) in [("csv", "/out.csv"), ("json", "/out.json")] {
            #expect(try relay.command("suppression", "export", "--format", form, "--to", path + file).exit == .code(0))
        }
        let before = try relay.command("suppression", "list", "--json").output
        for file in ["/out.csv", "/out.json"] {
            #expect(try relay.command("suppression", "remove", "--all", "--yes").exit == .code(0))
            #expect(try relay.command("suppression", "import", path + file, "--yes").exit == .code(0))
            #expect(try relay.command("suppression", "list", "--json").output == before)
        }
        try relay.stop()
    }

    @Test("with drop the application hears 250, and nobody hears more")
    func drop() throws {
        let sink = try Sink()
        let relay = try relay(sink, "action = \"drop\"")
        _ = try relay.command("suppression", "add", "bob@example.net")
        #expect(try send(to: "bob@example.net", relay).hasPrefix("250 2.0.0"))
        try relay.wait(for: 1, "suppressed")
        try relay.waitForQueue { $0.isEmpty }
        #expect(relay.count("failed") == 0 && relay.count("notice") == 0)
        #expect(try send(to: "ann@example.net", relay).hasPrefix("250 2.0.0"))
        try sink.wait(for: 1)
        try relay.stop()
        #expect(try sink.books().flatMap(\.recipients) == ["ann@example.net"])
    }

    @Test(
        "a change whose relay is killed is whole: there if it was answered, and never in part",
        arguments: ["beforeSuppressionCommit", "afterSuppressionCommit"])
    func killed(_ step: String) throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("only"))
        config.tables = ["[suppression]", "hard_bounces = 1"]
        // The first commit is that of the start.
        let relay = try Relay(config, environment: ["POSTHORSE_KILL_AT": "\(step):3"])
        #expect(try relay.command("suppression", "add", "first@example.net").exit == .code(0))
        let file = relay.directory.path + "/list"
        try (0..<500).map { "user\($0)@example.net\n" }.joined().write(toFile: file, atomically: true, encoding: .utf8)
        // Its rehearsal is taken back, and is the third commit; so the import itself is never begun.
        let answer = try relay.command("suppression", "import", file)
        #expect(answer.exit != .code(0))
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart(environment: ["POSTHORSE_KILL_AT": "\(step):3"])
        #expect(try list(relay).map(\.pattern) == ["first@example.net"])
        _ = try relay.command("suppression", "import", file)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        let count = try list(relay).count
        #expect(count == (step == "beforeSuppressionCommit" ? 1 : 501))
        #expect(try send(to: "user7@example.net", relay).hasPrefix(count == 1 ? "250 " : "550 5.1.1"))
        #expect(try send(to: "first@example.net", relay).hasPrefix("550 5.1.1"))
        try relay.stop()
    }
}
