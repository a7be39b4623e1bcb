import Foundation
import Glibc
import TestKit
import Testing

@Suite("Abusive clients", .scenario)
struct AbuseTests {
    /// A relay between two good messages; whatever happens between them must harm neither.
    private func between(
        _ listener: [String] = [], spool: [String] = ["min_free_space = 0"], _ attack: (Relay) throws -> Void
    ) throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = listener
        config.spool = spool
        let relay = try Relay(config)
        let good = TestMail.series("good", 2)
        for mail in good {
            let client = try relay.connect()
            try client.greet()
            #expect(try client.deliver(mail).hasPrefix("250 "))
            client.close()
            if mail == good[0] { try attack(relay) }
        }
        try sink.wait(for: 2)
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().flatMap(\.recipients).sorted() == good.map(\.recipient))
    }

    @Test("endless commands: 421 after max_commands", arguments: ["NOOP", "EHLO client.example", "RSET"])
    func endlessCommands(command: String) throws {
        try between(["max_commands = 100"]) { relay in
            let client = try relay.connect()
            try client.greet()
            try client.send(String(repeating: command + "\r\n", count: 1000))
            #expect(
                try client.readToEnd().hasSuffix(
                    "421 4.7.0 Too many commands without a message, closing the connection\r\n"))
        }
    }

    @Test("an endless header is bounded by the message size limit, and refused")
    func endlessHeader() throws {
        try between(["max_message_size = \"1MiB\""]) { relay in
            let client = try relay.connect()
            try client.greet()
            try client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\n")
            for _ in 0..<3 { _ = try client.reply() }
            let block = String(repeating: "X-Header: " + String(repeating: "x", count: 980) + "\r\n", count: 100)
            for _ in 0..<100 { try client.send(block) }
            try client.send(".\r\n")
            #expect(try client.reply().hasPrefix("552 5.3.4 "))
            #expect(try client.ask("NOOP").hasPrefix("250 "))
        }
    }

    @Test("a flood sent before the banner costs bounded memory, and ends at the limits")
    func flood() throws {
        try between { relay in
            let client = try relay.connect()
            // The relay closes somewhere within; a later send fails here.
            for _ in 0..<50 { try? client.send(String(repeating: "NOOP\r\n", count: 10_000)) }
            #expect((try? client.reply())?.hasPrefix("220 ") != false)
        }
    }

    @Test("connections beyond max_connections wait silently, cost one line, and are served later")
    func full() throws {
        try between(["max_connections = 4"]) { relay in
            let clients = try (0..<12).map { _ in try relay.connect() }
            for client in clients.prefix(3) { try client.greet() }
            try relay.wait(for: 1, "accepting_paused")
            for client in clients {
                if client !== clients[0] && client !== clients[1] && client !== clients[2] { try client.greet() }
                #expect(try client.ask("QUIT").hasPrefix("221 "))
                client.close()
            }
            #expect(relay.count("refused") == 0)
            try relay.wait(for: 1, "accepting_resumed")
            #expect(relay.count("accepting_paused") < 4)
        }
    }

    @Test("a client that exceeds client_message_rate is told when to come back")
    func rate() throws {
        try between(spool: ["min_free_space = 0", "[limits]", "client_recipient_rate = \"2/h\""]) { relay in
            let client = try relay.connect()
            try client.greet()
            #expect(try client.ask("MAIL FROM:<a@example.com>").hasPrefix("250 "))
            #expect(try client.ask("RCPT TO:<b@example.com>").hasPrefix("250 "))
            let reply = try client.ask("RCPT TO:<c@example.com>")
            #expect(reply.hasPrefix("450 4.7.1 ") && reply.contains("(client_recipient_rate), try again in "))
        }
    }

    @Test(
        "guessing from a hundred addresses keeps no user out, wherever they come from and whosever name they guess at",
        arguments: ["nobody", Account.user])
    func guessing(at name: String) throws {
        let sink = try Sink()
        let account = try Account()
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = ["auth = \"required\"", "auth_without_tls = true", "proxy_protocol = [\"127.0.0.0/8\"]"]
        config.tables = ["[[user]]", "name = \"\(Account.user)\"", "password_hash = \"\(try account.hash())\""]
        let relay = try Relay(config)
        func client(from address: String) throws -> SMTPConnection {
            let client = try relay.connect()
            try client.send("PROXY TCP4 \(address) 192.0.2.1 40000 25\r\n")
            try client.greet()
            return client
        }
        let guesses = try (0..<100).map { try client(from: "198.51.100.\($0)") }
        for (number, guess) in guesses.enumerated() {
            try guess.send(Self.login(name == Account.user ? name : "\(name)\(number)", "guess"))
        }
        let own = try client(from: "203.0.113.1")
        try own.send(Self.login(Account.user, Account.password))
        #expect(try own.reply().hasPrefix("235 2.7.0 "))
        #expect(relay.count("login_failed") < 100)
        #expect(relay.count("refused") == 0)
        try relay.stop()
    }

    private static func login(_ user: String, _ password: String) -> String {
        "AUTH PLAIN \(Data("\0\(user)\0\(password)".utf8).base64EncodedString())\r\n"
    }

    @Test("with few descriptors the relay leaves connections waiting, idly, and resumes when some are free")
    func descriptors() throws {
        let directory = try TemporaryDirectory()
        let config = directory.path + "/relay.conf"
        try RelayConfig(.init(name: "none", address: "127.0.0.1:9"))
            .text(in: directory.path, spoolPath: directory.path + "/spool")
            .write(toFile: config, atomically: true, encoding: .utf8)
        // Without descriptors it would inherit from concurrent tests.
        let alone = "import os, sys; os.closerange(3, 65536); os.execv(sys.argv[1], sys.argv[1:])"
        let relay = try Program(
            "/usr/bin/python3",
            ["-c", alone, "/usr/bin/prlimit", "--nofile=80", Posthorse.executable, "serve", "--config", config])
        let port = try relay.waitForErrors("line \"listening\"", within: .seconds(30)) { lines in
            lines.first { $0.contains("\"event\":\"listening\"") }.flatMap(Relay.port)
        }
        let clients = try (0..<100).map { _ in try SMTPConnection(port: port) }
        _ = try relay.waitForErrors("line \"accepting_paused\"", within: .seconds(30)) { lines in
            lines.first { $0.contains("accepting_paused") && $0.contains("total_connections") }
        }
        let before = try Self.processorTime(of: relay.pid)
        // Its own time-out is the clock: nobody is there to greet this one.
        let last = try SMTPConnection(port: port, within: .seconds(1))
        #expect(throws: SMTPConnection.Ended.self) { try last.reply() }
        #expect(try Self.processorTime(of: relay.pid) - before < 30)
        last.close()
        for client in clients.prefix(80) { client.close() }
        for client in clients.dropFirst(80) { #expect(try client.reply().hasPrefix("220 ")) }
        relay.signal(SIGTERM)
        #expect(try relay.waitForExit() == .code(0))
    }

    /// Hundredths of a second of CPU time that a process has used.
    private static func processorTime(of pid: pid_t) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }
}
