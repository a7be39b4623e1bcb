import Foundation
import Glibc
import TestKit
import Testing

@Suite("Conversations, live", .scenario)
struct TraceTests {
    /// `posthorse trace` of a relay, while it runs.
    private final class Tracing {
        let program: Program

        /// Starts it, and waits until it is on.
        init(_ relay: Relay, _ words: String...) throws {
            program = try Program(Posthorse.executable, ["trace", "--config", relay.configPath] + words)
            _ = try program.waitForErrors("tracing") { $0.contains { $0.contains(": tracing ") } ? true : nil }
        }

        var lines: [String] { program.output.current.lines }

        func wait(for text: String) throws {
            _ = try program.waitForOutput(text) { $0.contains(text) ? true : nil }
        }

        /// As with Ctrl-C.
        func interrupt() throws {
            program.signal(SIGINT)
            #expect(try program.waitForExit() == .code(0))
            #expect(program.errors.current.lines.count == 1)
        }
    }

    private static func records(_ relay: Relay, _ what: String) throws -> [[String: String?]] {
        let result = try relay.command("audit", "list", "--json", "--what", what)
        return try result.output.map { try JSONDecoder().decode([String: String?].self, from: Data($0.utf8)) }
    }

    private func relay(_ sink: Sink, _ lines: String...) throws -> Relay {
        var config = RelayConfig(sink.upstream("primary", lines: lines))
        config.health = ["interval = \"0s\""]
        return try Relay(config)
    }

    @Test("a login that the upstream refuses, without the password, over TLS")
    func login() throws {
        let (certificates, account) = (try TestCertificates(), try Account())
        let sink = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions("plain"))
        let lines =
            certificates.upstreamLines("starttls") + [
                "username = \"\(Account.user)\"", "password_file = \"\(account.wrongFile)\"",
            ]
        var config = RelayConfig(sink.upstream("primary", lines: lines))
        config.health = ["interval = \"0s\""]
        let relay = try Relay(config)
        let trace = try Tracing(relay, "--upstream", "primary", "--reason", "it refuses us")
        _ = try Burst(TestMail.series("refused", 1), to: relay.port).finish()
        try trace.wait(for: "<- 535")
        try trace.wait(for: "closed by the relay at auth")
        let said = trace.lines.joined(separator: "\n")
        for text in [
            "#1 upstream primary at \(sink.address)", "-> STARTTLS", "certificate verified",
            "** logging in as \(Account.user)",
            "-> AUTH PLAIN [", "octets of a login]",
        ] { #expect(said.contains(text), "\(text) is not in \(said)") }
        for secret in Account.traces { #expect(!said.contains(secret)) }
        try trace.interrupt()
        let start = try #require(try Self.records(relay, "trace start").first)
        #expect(start["subject"] == "upstream primary" && start["reason"] == "it refuses us")
        #expect(start["who"] == "uid:\(getuid())" && start["after"] == "without content, for 600 s")
        try relay.stop()
        let end = try #require(try Self.records(relay, "trace end").first)
        #expect(end["after"]??.contains(" lines in ") == true)
    }

    @Test("a client's conversation, and its content for those who ask")
    func client() throws {
        let sink = try Sink()
        let relay = try relay(sink)
        let plain = try Tracing(relay, "--client", "127.0.0.0/8", "--json")
        let whole = try Tracing(relay, "--client", "127.0.0.1", "--content")
        let connection = try relay.connect()
        try connection.greet()
        try connection.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
        for _ in 0..<3 { _ = try connection.reply() }
        #expect(try connection.ask("Subject: a word\r\n\r\nhello\r\n.").hasPrefix("250 "))
        _ = try connection.ask("QUIT")
        try plain.wait(for: "221 2.0.0")
        try whole.wait(for: "221 2.0.0")
        #expect(whole.lines.contains { $0.hasSuffix("<- Subject: a word") })
        #expect(!plain.lines.contains { $0.contains("a word") })
        let documents = try plain.lines.map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let content = try #require(documents.first { ($0["text"] as? String)?.contains("octets of content]") == true })
        #expect(content["text"] as? String == "[26 octets of content]" && content["direction"] as? String == "received")
        #expect(content["side"] as? String == "client" && (content["peer"] as? String)?.hasPrefix("127.0.0.1:") == true)
        #expect(content["upstream"] is NSNull && content["session"] is Int)
        try plain.interrupt()
        try whole.interrupt()
    }

    @Test("one recipient's mail, in and out, and nothing of the other's")
    func recipient() throws {
        let sink = try Sink()
        let relay = try relay(sink, "max_connections = 1")
        let trace = try Tracing(relay, "--recipient", "ann@example.com")
        for recipient in ["bob", "ann", "carl"] {
            let connection = try relay.connect()
            try connection.greet()
            try connection.send("MAIL FROM:<s@example.com>\r\nRCPT TO:<\(recipient)@example.com>\r\nDATA\r\n")
            for _ in 0..<3 { _ = try connection.reply() }
            #expect(try connection.ask("Subject: x\r\n\r\n.").hasPrefix("250 "))
        }
        try sink.wait(for: 3)
        // The upstream's reply to the dot.
        try trace.wait(for: "<- 250 2.0.0 Taken as")
        let said = trace.lines
        #expect(said.contains { $0.contains(" client at 127.0.0.1") })
        #expect(said.contains { $0.contains(" upstream primary at ") })
        #expect(said.count { $0.contains("RCPT TO:<ann@example.com>") } == 2)
        #expect(!said.contains { $0.contains("bob@") || $0.contains("carl@") || $0.contains("EHLO") })
        try trace.interrupt()
    }

    @Test("without a relay, without a subject, with two, and for an upstream that does not exist")
    func wrong() throws {
        let sink = try Sink()
        let relay = try relay(sink)
        for (words, exit, text) in [
            (["trace"], 64, "Say whose conversations"),
            (["trace", "--upstream", "a", "--client", "::1"], 64, "give one"),
            (["trace", "--client", "nobody"], 64, "192.0.2.7"),
            (["trace", "--upstream", "a", "--for", "0"], 64, "--for"),
            (["trace", "--upstream", "a", "--for", "25h"], 64, "24h"),
            (["trace", "--upstream", "primry"], 66, "primary"),
        ] {
            let result = try relay.command(words)
            #expect(result.exit == .code(Int32(exit)) && result.errors.joined().contains(text), "\(words): \(result)")
        }
        #expect(try Self.records(relay, "trace").isEmpty)
        try relay.stop()
        #expect(try relay.command("trace", "--upstream", "primary").exit == .code(69))
    }

    @Test("a relay stops at once with traces open, and says so")
    func stop() throws {
        let sink = try Sink()
        let relay = try relay(sink)
        let traces = try (0..<3).map { _ in try Tracing(relay, "--upstream", "primary") }
        #expect(try relay.stop(within: .seconds(4)) == .code(0))
        for trace in traces {
            #expect(try trace.program.waitForExit() == .code(75))
            #expect(trace.program.errors.current.lines.joined().contains("the relay stops"))
        }
        #expect(try Self.records(relay, "trace end").count == 3)
    }

    @Test("a trace ends by itself when its time is over")
    func time() throws {
        let sink = try Sink()
        let relay = try relay(sink)
        let result = try relay.command("trace", "--upstream", "primary", "--for", "300ms")
        #expect(result.exit == .code(0) && result.errors.joined().contains("the time of the trace is over"))
        #expect(try Self.records(relay, "trace end").count == 1)
    }

    @Test("it is for role operate only, and at most four at a time, whose readers may go without a word")
    func access() throws {
        let (reader, operate) = (try API.Token(), try API.Token())
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("primary"))
        config.admin = ["http = \"127.0.0.1:0\""]
        config.tables = reader.table("reader", "read") + operate.table("ops", "operate")
        let relay = try Relay(config)
        var api = try API(relay, token: reader)
        #expect(try api.curl("/v1/trace?upstream=primary").status == 403)
        api.token = operate
        for query in [
            "", "?upstream=primary&client=::1", "?upstream=", "?upstream=primary&for=0", "?upstream=primary&colour=red",
        ] {
            #expect(try api.curl("/v1/trace\(query)").status == 400, "\(query)")
        }
        #expect(try api.curl("/v1/trace?upstream=other").status == 404)
        let traces = try (0..<4).map { _ in try Tracing(relay, "--recipient", "*") }
        let refused = try api.curl("/v1/trace?upstream=primary")
        #expect(refused.status == 429 && (refused["detail"] as? String)?.contains("4 traces are on") == true)
        for trace in traces { try trace.program.killNow() }
        // The relay finds out when it writes to them.
        let deadline = ContinuousClock.now + .seconds(30)
        while try Self.records(relay, "trace end").count < 4, ContinuousClock.now < deadline {}
        #expect(try Self.records(relay, "trace end").count == 4)
        let answer = try api.curl("/v1/trace?upstream=primary&for=200ms", "-D", "/dev/stderr")
        #expect(answer.status == 200 && answer.body.contains("event: end"))
    }
}
