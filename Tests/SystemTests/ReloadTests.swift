import Foundation
import Glibc
import TestKit
import Testing

@Suite("A changed relay.conf comes into force without a restart", .scenario)
struct ReloadTests {
    private let sinks: [Sink]
    private let relay: Relay
    private let token: API.Token

    init() throws {
        sinks = [try Sink(), try Sink()]
        token = try API.Token()
        var config = RelayConfig(sinks[0].upstream("first"))
        config.admin = ["http = \"127.0.0.1:0\""]
        config.tables = token.table("ops", "operate")
        relay = try Relay(config)
    }

    private var text: String {
        get throws { try String(contentsOfFile: relay.configPath, encoding: .utf8) }
    }

    private func write(_ text: String) throws {
        try text.write(toFile: relay.configPath, atomically: true, encoding: .utf8)
    }

    private func document(_ result: Posthorse.Result) throws -> [String: Any] {
        let line = try #require(result.output.first, "\(result.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func records() throws -> [[String: Any]] {
        let list = try relay.command("audit", "list", "--what", "reload", "--json")
        return try list.output.compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    private static let second = "\n[[upstream]]\nname = \"second\"\naddress = \"127.0.0.1:9\"\n"

    @Test("by command, by HTTP and by signal; and the audit log has who has changed what")
    func doors() throws {
        let original = try text
        try write(original + Self.second)
        let rehearsal = try document(relay.command("reload", "--dry-run", "--json"))
        let planned = try #require(rehearsal["changed"] as? [[String: Any]])
        #expect(planned.map { $0["name"] as? String } == ["second"] && (rehearsal["needs_restart"] as? [String]) == [])
        #expect(try relay.command("upstream", "show", "second").exit == .code(66))
        let done = try relay.command("reload", "--reason", "a second provider")
        #expect(done.exit == .code(0) && done.output.last == "1 change in force.", "\(done.output) \(done.errors)")
        #expect(done.output.contains { $0.hasPrefix("upstream second: added: ") })
        #expect(try relay.command("upstream", "show", "second").exit == .code(0))

        try write(original.replacing("max = \"500ms\"\n[health]", with: "max = \"7h\"\n[health]"))
        let api = try API(relay, token: token)
        #expect(try API(relay).curl("/v1/reload", "-X", "POST").status == 401)
        let asked = try api.curl("/v1/reload?dry_run=true", "-X", "POST")
        #expect(asked.status == 200 && (asked["changed"] as? [Any])?.count == 2, "\(asked.body)")
        let answer = try api.curl("/v1/reload", "-d", "{\"reason\":\"tidy\"}")
        #expect(answer.status == 200 && answer.body.contains("\"retry.max\""), "\(answer.body)")
        #expect(try relay.command("upstream", "show", "second").exit == .code(66))

        try write(original)
        relay.process.signal(SIGHUP)
        try relay.wait(for: 3, "reloaded")
        let records = try records()
        let words = records.map { "\($0["who"] ?? "") \($0["subject"] ?? "") \($0["reason"] ?? "")" }
        #expect(words.count == 4, "\(words)")
        #expect(words.contains { $0.hasPrefix("uid:") && $0.hasSuffix("upstream second: added a second provider") })
        #expect(words.contains("token:ops retry.max tidy") && words.contains { $0.hasPrefix("signal retry.max") })
        #expect(records.contains { $0["before"] as? String == "\"500ms\"" && $0["after"] as? String == "\"7h\"" })
        #expect(try relay.stop() == .code(0))
    }

    @Test("by itself, if [reload] watch says so, also after that was a change itself")
    func watched() throws {
        let original = try text
        try write(original + "[reload]\nwatch = true\n")
        #expect(try relay.command("reload").exit == .code(0))
        try write(original + "[reload]\nwatch = true\n" + Self.second)
        try relay.wait(for: 2, "reloaded")
        #expect(try relay.command("upstream", "show", "second").exit == .code(0))
        try write(original + "[reload]\nwatch = tr\n")
        try relay.wait(for: 1, "reload_failed")
        #expect(try relay.command("upstream", "show", "second").exit == .code(0))
        #expect(try records().contains { $0["who"] as? String == "relay" })
        #expect(try relay.stop() == .code(0))
    }

    @Test("a bad file changes nothing, and says why as check does, with exit 78")
    func bad() throws {
        let original = try text
        try write(original.replacing("[retry]", with: "[retry]\nmaxx = 3") + Self.second + "weight = 0\n")
        let checked = try relay.command("check")
        for words in [["reload"], ["reload", "--dry-run"]] {
            let refused = try relay.command(words)
            #expect(refused.exit == .code(78) && refused.output == checked.output, "\(refused.output)")
            #expect(refused.output.count >= 2)
        }
        let json = try relay.command("reload", "--json")
        let listed = try relay.command("check", "--json").output
        #expect(json.exit == .code(78) && json.output == listed)
        let answer = try API(relay, token: token).curl("/v1/reload", "-X", "POST")
        let problems = try #require(answer["problems"] as? [[String: Any]], "\(answer.body)")
        #expect(answer.status == 422 && problems.count >= 2)
        #expect(problems.contains { $0["line"] as? Int != nil && $0["key"] as? String == "retry.maxx" })
        relay.process.signal(SIGHUP)
        try relay.wait(for: 4, "reload_failed")
        #expect(try relay.command("upstream", "show", "second").exit == .code(66))
        #expect(try records().isEmpty)
        #expect(relay.count("reloaded") == 0)
        let burst = Burst(TestMail.series("m", 5), to: relay.port)
        #expect(try burst.finish().accepted.count == 5)
        #expect(try relay.stop() == .code(0))
    }

    @Test("a listener that cannot be opened is such a mistake")
    func takenAddress() throws {
        let taken = sinks[1].address
        try write(try text + "\n[[listener]]\naddress = \"\(taken)\"\n" + Self.second)
        let index = try text.components(separatedBy: "\n").firstIndex(of: "address = \"\(taken)\"")
        let line = try #require(index) + 1
        for words in [["reload"], ["reload", "--dry-run"]] {
            let refused = try relay.command(words)
            let problem = refused.output.first { $0.contains(taken) && $0.contains("listening") }
            #expect(refused.exit == .code(78) && problem != nil)
            #expect(problem?.contains("relay.conf:\(line): listener.address: ") == true, "\(refused.output)")
        }
        #expect(try relay.command("upstream", "show", "second").exit == .code(66))
        #expect(try relay.stop() == .code(0))
    }

    @Test("a pipe for a file keeps the relay neither from later reloads nor from its end", arguments: [false, true])
    func pipe(isUsersFile: Bool) throws {
        let original = try text
        let pipe = relay.directory.path + "/pipe"
        #expect(mkfifo(pipe, 0o644) == 0)
        try write(original.replacing("[retry]", with: "[reload]\nwatch = true\n[retry]"))
        #expect(try relay.command("reload").exit == .code(0))
        if isUsersFile {
            try write("users_file = \"\(pipe)\"\n" + original)
        } else {
            #expect(rename(pipe, relay.configPath) == 0)
        }
        relay.process.signal(SIGHUP)
        try relay.wait(for: 1, "reload_failed")
        let refused = try relay.command("reload")
        #expect(refused.exit == .code(78), "\(refused.output) \(refused.errors)")
        unlink(relay.configPath)
        try write(original)
        #expect(try relay.command("reload").exit == .code(0))
        #expect(try relay.stop() == .code(0))
    }

    @Test("what needs a restart is named, and everything else is in force")
    func restart() throws {
        let original = try text
        try write(
            "threads = 3\n" + original.replacing("max = \"500ms\"\n[health]", with: "max = \"7h\"\n[health]"))
        for changes in [2, 1] {
            let answer = try document(relay.command("reload", "--json"))
            #expect(answer["needs_restart"] as? [String] == ["threads"])
            #expect((answer["changed"] as? [Any])?.count == changes)
        }
        #expect(try relay.stop() == .code(0))
        #expect(relay.count("restart_needed") == 2)
    }

    @Test("the audit log shows no secret")
    func secrets() throws {
        let other = try API.Token()
        let hash = "$scrypt$ln=14,r=8,p=5$\(String(repeating: "A", count: 22))$\(String(repeating: "A", count: 43))"
        let user = "[[user]]\nname = \"app\"\npassword_hash = \"\(hash)\"\n"
        try write(try text.replacing(token.hash, with: other.hash) + user)
        let done = try relay.command("reload")
        #expect(done.exit == .code(0) && done.output.contains("admin.token ops: hash: changed"), "\(done.output)")
        let shown = try relay.command("audit", "list", "--json").output.joined() + done.output.joined()
        for secret in [token.hash, other.hash, hash] { #expect(!shown.contains(secret)) }
        #expect(shown.contains("(secret)"))
        #expect(try API(relay, token: token).curl("/v1/health").status == 401)
        #expect(try API(relay, token: other).curl("/v1/health").status == 200)
        #expect(try relay.stop() == .code(0))
    }

    @Test("listeners come, go and change under traffic, and no message and no session is lost")
    func listeners() throws {
        let original = try text
        let session = try relay.connect()
        try session.greet()
        let mails = TestMail.series("m", 400)
        let burst = Burst(mails, to: relay.port)
        for round in 0..<10 {
            let extra = round.isMultiple(of: 2) ? "\n[[listener]]\naddress = \"\(Loopback.next()):0\"\n" : ""
            let size = original.replacing(
                "address = \"127.0.0.1:0\"", with: "address = \"127.0.0.1:0\"\nmax_recipients = \(100 + round)")
            try write(size + extra)
            #expect(try relay.command("reload").exit == .code(0))
        }
        let result = try burst.finish()
        #expect(result.accepted.count == mails.count && result.refused.isEmpty && result.unknown.isEmpty)
        try relay.wait(for: 5, "listener_closed")
        #expect(relay.count("listening") == 6)
        try session.send("NOOP\r\n")
        #expect(try session.reply().hasPrefix("250 "))
        try sinks[0].wait(for: mails.count)
        #expect(Set(try sinks[0].books().flatMap(\.recipients)).count == mails.count)
        #expect(try relay.stop() == .code(0))
    }

    @Test("upstreams change places, come and go under load, and each message arrives once")
    func upstreams() throws {
        let original = try text
        let other = "\n[[upstream]]\nname = \"other\"\naddress = \"\(sinks[1].address)\"\n"
        let first = "[[upstream]]\nname = \"first\"\naddress = \"\(sinks[0].address)\"\n"
        let rest = original.replacing(first, with: "")
        let orders = [first + other, other + first, other, first]
        let mails = TestMail.series("m", 600)
        let burst = Burst(mails, to: relay.port)
        for round in 0..<12 {
            try write(rest + orders[round % orders.count])
            let done = try relay.command("reload")
            #expect(done.exit == .code(0), "\(done.output) \(done.errors)")
        }
        let result = try burst.finish()
        #expect(result.accepted.count == mails.count)
        let limit = ContinuousClock.now + .seconds(60)
        var arrived: [String] = []
        repeat {
            arrived = try sinks.flatMap { try $0.books() }.flatMap(\.recipients)
        } while arrived.count < mails.count && ContinuousClock.now < limit
        #expect(arrived.count == mails.count && Set(arrived).count == mails.count)
        #expect(try sinks.allSatisfy { try !$0.books().isEmpty })
        #expect(try relay.queue().isEmpty)
        #expect(try relay.stop() == .code(0))
    }
}
