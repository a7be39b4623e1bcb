import Foundation
import Glibc
import TestKit
import Testing

@Suite("Events of a running relay", .scenario)
struct EventTests {
    private let sink: Sink

    init() throws {
        sink = try Sink()
    }

    private func relay(_ tokens: [String] = []) throws -> Relay {
        var config = RelayConfig(sink.upstream("primary"))
        if !tokens.isEmpty { config.admin = ["http = \"127.0.0.1:0\""] }
        config.tables = tokens
        return try Relay(config)
    }

    /// `posthorse events --follow --json`, which has begun.
    private func follow(_ relay: Relay, _ words: String...) throws -> Program {
        let program = try Program(
            Posthorse.executable,
            ["events", "--follow", "--json", "--since", "1h", "--config", relay.configPath] + words)
        _ = try program.waitForOutput("first event") { $0.contains("\"event\":") ? true : nil }
        return program
    }

    private static func events(_ program: Program, of id: String) -> [LogLine] {
        program.output.current.lines.compactMap { LogLine($0) }.filter { $0.id == id }
    }

    @Test("one message is followed from its 250 to its delivery, while it happens and afterwards")
    func oneMessage() throws {
        let relay = try relay()
        let program = try follow(relay)
        let client = try relay.connect()
        try client.greet()
        let reply = try client.deliver(TestMail(tag: "followed"))
        let id = try #require(reply.split(separator: " ").last.map(String.init))
        _ = try program.waitForOutput("delivered \(id) in \(reply)") { line in
            LogLine(line).flatMap { $0.event == "delivered" && $0.id == id ? true : nil }
        }
        let followed = Self.events(program, of: id)
        #expect(followed.map(\.event) == ["accepted", "delivered"])
        #expect(followed.last?.to == ["followed@example.net"] && followed.last?.upstream == "primary")
        // The same lines as in the log, which is written some moments later.
        try relay.wait("delivered")
        let logged = relay.process.errors.current.lines.filter { $0.contains(id) }
        #expect(program.output.current.lines.filter { $0.contains(id) } == logged)
        let shown = try relay.command("events", "--queue-id", id)
        #expect(shown.exit == .code(0) && shown.output.count == 2)
        #expect(shown.output.first?.contains(" info accepted id=\(id) from=<sender@example.com> ") == true)
        #expect(shown.output.last?.contains(" info delivered id=\(id) to=<followed@example.net> ") == true)
        #expect(try relay.command("events", "--recipient", "FOLLOWED@", "--type", "delivered").output.count == 1)
        #expect(try relay.command("events", "--recipient", "nobody@").output == ["No events."])
        let typo = try relay.command("events", "--type", "deliverd")
        #expect(typo.exit == .code(64) && typo.errors.first?.contains("no event deliverd; there are accepted") == true)
        program.signal(SIGINT)
        #expect(try program.waitForExit() == .code(0))
        #expect(
            program.errors.current.lines == ["posthorse: the relay has no events of the time before its last start"])
    }

    @Test("a follower comes back after a restart of the relay, and says so")
    func restart() throws {
        let relay = try relay()
        let program = try follow(relay)
        #expect(try relay.stop() == .code(0))
        try relay.restart()
        _ = try program.waitForErrors("word of the restart") { lines in
            lines.contains { $0.contains("answers again") } ? true : nil
        }
        let client = try relay.connect()
        try client.greet()
        let id = try #require(try client.deliver(TestMail(tag: "after")).split(separator: " ").last.map(String.init))
        _ = try program.waitForOutput("delivered") { line in
            LogLine(line).flatMap { $0.event == "delivered" && $0.id == id ? true : nil }
        }
        let said = program.errors.current.lines
        let words = ["before its last start", "has ended the stream", "answers again", "before its last start"]
        #expect(said.count == words.count && zip(said, words).allSatisfy { $0.contains($1) }, "\(said)")
        // What happened up to the end of the first relay came before it ended, and what the second began with is there.
        let events = program.output.current.lines.compactMap { LogLine($0)?.event }
        #expect(events.contains("stopping") && events.count { $0 == "ready" } == 2)
        program.signal(SIGTERM)
        #expect(try program.waitForExit() == .code(0))
    }

    @Test("a follower whose reader is gone ends")
    func closedPipe() throws {
        let relay = try relay()
        let command = "\"$0\" events --follow --since 1h --config \"$1\" | head -1"
        let program = try Program("/bin/sh", ["-c", command, Posthorse.executable, relay.configPath])
        #expect(try program.waitForExit() == .code(0))
        #expect(program.output.current.lines.count == 1)
    }

    @Test("without a relay there is nothing to follow")
    func stopped() throws {
        let relay = try relay()
        try relay.stop()
        for words in [["events"], ["events", "--follow"]] {
            let result = try relay.command(words)
            #expect(result.exit == .code(69) && result.errors.first?.contains("the relay is not running") == true)
        }
    }

    @Test("curl follows by a token for reading, and resumes by Last-Event-ID", .needs("curl"))
    func curl() throws {
        let (read, send) = (try API.Token(), try API.Token())
        let account = try Account()
        let relay = try relay(
            read.table("watcher", "read") + send.table("shop", "send", user: Account.user)
                + ["[[user]]", "name = \"\(Account.user)\"", "password_hash = '\(try account.hash("--scrypt-only"))'"])
        let api = try API(relay, token: read)
        #expect(try API(relay, token: send).curl("/v1/events").status == 403)
        #expect(try API(relay).curl("/v1/events").status == 401)
        let all = try api.curl("/v1/events?follow=false").body
        let ids = all.matches(of: /\nid: ([0-9a-f]+-[0-9]+)\nevent: ([a-z_]+)\ndata: \{/).map { (String($0.1), $0.2) }
        #expect(ids.count > 3 && ids.first?.1 == "starting" && ids.contains { $0.1 == "ready" })
        let rest = try api.curl("/v1/events?follow=false", "-H", "Last-Event-ID: \(ids[1].0)").body
        #expect(rest.contains("id: \(ids[2].0)\n") && !rest.contains("id: \(ids[1].0)\nevent"))
        let other = try api.curl("/v1/events?follow=false", "-H", "Last-Event-ID: 1f-7").body
        #expect(other.contains("event: missed\ndata: {\"count\":null,\"reason\":\"restart\"}\n"))
        #expect(other.contains("id: \(ids[0].0)\n"))
    }

    @Test("a relay with readers ends as soon as one without, whether they read or not")
    func stop() throws {
        let token = try API.Token()
        let relay = try relay(token.table("watcher", "read"))
        let port = try #require(UInt16(try API(relay).url.split(separator: ":").last ?? ""))
        let follower = try follow(relay)
        let connections = try (0..<20).map { _ in
            let connection = try SMTPConnection(port: port, receiving: 65_536)
            try connection.send(Self.request(token, "/v1/events?since=1h"))
            #expect(try connection.readLine() == "HTTP/1.1 200 OK")
            return connection
        }
        let start = ContinuousClock.now
        #expect(try relay.stop() == .code(0))
        #expect(ContinuousClock.now - start < .seconds(5))
        for connection in connections {
            let text = try connection.readToEnd()
            #expect(text.contains("\nevent: stopping\n") && text.hasSuffix("\r\n0\r\n\r\n"))
        }
        follower.signal(SIGINT)
        #expect(try follower.waitForExit() == .code(0))
    }

    @Test("a reader that does not read is dropped and told so; it resumes, and mail does not wait")
    func slow() throws {
        let token = try API.Token()
        let relay = try relay(token.table("ops", "operate"))
        let api = try API(relay, token: token)
        let port = try #require(UInt16(api.url.split(separator: ":").last ?? ""))
        let connection = try SMTPConnection(port: port, receiving: 65_536)
        try connection.send(Self.request(token, "/v1/events"))
        #expect(try connection.readLine() == "HTTP/1.1 200 OK")
        // Each round is a line for each message, twice.
        #expect(try relay.command("upstream", "disable", "primary").exit == .code(0))
        let mails = TestMail.series("held", 1000)
        #expect(try Burst(mails, to: relay.port).finish().accepted.count == 1000)
        let counter = /posthorse_api_event_readers_dropped_total\{reason="(behind|stalled)"\} 1/
        var rounds = 0
        while try api.curl("/metrics").body.firstMatch(of: counter) == nil {
            rounds += 1
            try #require(rounds < 60)
            for verb in ["hold", "release"] {
                #expect(try relay.command("queue", verb, "--all", "--yes").exit == .code(0))
            }
        }
        let text = try connection.readToEnd()
        let last = try #require(text.components(separatedBy: "\nevent: ").last)
        #expect(last.hasPrefix("dropped\ndata: {\"reason\":\""))
        let resume = try #require(last.firstMatch(of: /"resume":"([0-9a-f]+-[0-9]+)"/).map { String($0.1) })
        let rest = try api.curl("/v1/events?follow=false", "-H", "Last-Event-ID: \(resume)").body
        #expect(rest.contains("event: missed\ndata: {\"count\":") || rest.contains("\nevent: ordered\n"))
        #expect(try relay.command("upstream", "enable", "primary").exit == .code(0))
        try sink.wait(for: mails.count)
    }

    private static func request(_ token: API.Token, _ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer \(token.text)\r\n\r\n"
    }
}
