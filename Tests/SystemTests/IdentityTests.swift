import Foundation
import TestKit
import Testing

@Suite("As whom mail comes and leaves", .scenario)
struct IdentityTests {
    private let sinks: [Sink]

    init() throws {
        sinks = [try Sink(keepsContent: true), try Sink(keepsContent: true)]
    }

    /// The reply to MAIL if it is a refusal, else that to the end of the content.
    private func send(
        _ relay: Relay, from sender: String, _ content: String, login: String? = nil
    ) throws -> String {
        let connection = try relay.connect()
        try connection.greet()
        if let login { #expect(try connection.ask("AUTH PLAIN \(login)").hasPrefix("235")) }
        let reply = try connection.ask("MAIL FROM:<\(sender)>")
        guard reply.hasPrefix("250") else { return reply }
        try connection.ask("RCPT TO:<b@example.net>")
        try connection.ask("DATA")
        return try connection.ask("\(content)\r\n.")
    }

    private func content(_ sink: Sink, _ index: Int = 0) throws -> String {
        String(decoding: try sink.content(of: try sink.books()[index]), as: UTF8.self)
    }

    @Test("a stolen password sends as its own user only, by SMTP and by HTTP", .needs("curl"))
    func senders() throws {
        let (account, token) = (try Account(), try API.Token())
        var config = RelayConfig(sinks[0].upstream("only"))
        config.admin = ["http = \"127.0.0.1:0\""]
        config.listener = ["auth = \"required\"", "auth_without_tls = true"]
        config.tables =
            [
                "[[user]]", "name = \"\(Account.user)\"", "password_hash = '\(try account.hash("--scrypt-only"))'",
                "senders = [\"@shop.example\", \"*@*.shop.example\"]",
            ] + token.table("ops", "send") + ["user = \"\(Account.user)\""]
        let relay = try Relay(config)
        let login = Data("\0\(Account.user)\0\(Account.password)".utf8).base64EncodedString()
        let good = "From: Shop <a@shop.example>, b@x.shop.example\r\n\r\nx"
        let evil = "From: a@shop.example,\r\n \"Chief\" <chief@evil.example>\r\n\r\nx"
        #expect(try send(relay, from: "a@shop.example", good, login: login).hasPrefix("250 2.0.0"))
        #expect(try send(relay, from: "", good, login: login).hasPrefix("250 2.0.0"))
        #expect(
            try send(relay, from: "a@evil.example", good, login: login)
                == "550 5.7.1 MAIL FROM <a@evil.example> is no sender that this user may use")
        #expect(
            try send(relay, from: "a@shop.example", evil, login: login)
                == "550 5.7.1 From: <chief@evil.example> is no sender that this user may use")
        let api = try API(relay, token: token)
        for (text, status) in [(good, 202), (evil, 422)] {
            let file = relay.directory.path + "/mail.eml"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let envelope =
                "envelope={\"sender\":\"a@shop.example\",\"recipients\":[\"b@example.net\"]};type=application/json"
            let answer = try api.curl("/v1/messages", "-F", envelope, "-F", "message=@\(file);type=message/rfc822")
            #expect(answer.status == status, "\(answer.body)")
            if status == 422 { #expect(answer.body.contains("chief@evil.example")) }
        }
        try sinks[0].wait(for: 3)
        try relay.wait(for: 3, "refused")
        #expect(relay.count("refused") == 3)
        try relay.stop()
    }

    @Test("addresses become others before the message is stored, and nothing else of it changes")
    func rewrite() throws {
        var config = RelayConfig(sinks[0].upstream("only"))
        config.tables = [
            "[[rewrite]]", "field = \"sender\"", "match = \"@*.internal\"", "to = \"bounces@example.com\"",
            "[[rewrite]]", "field = \"From\"", "match = \"@*.internal\"", "to = \"@example.com\"",
        ]
        let relay = try Relay(config)
        let body = "\r\nann@host.internal\r\n..dots\r\n"
        let reply = try send(
            relay, from: "ann@host.internal",
            "From: \"Ann, (x)\" <ann@host.internal>\r\nReply-To: ann@host.internal\r\n\(body)x")
        #expect(reply.hasPrefix("250 2.0.0"))
        try sinks[0].wait(for: 1)
        #expect(try sinks[0].books()[0].sender == "bounces@example.com")
        let text = try content(sinks[0])
        #expect(
            text.hasSuffix(
                "From: \"Ann, (x)\" <ann@example.com>\r\nReply-To: ann@host.internal\r\n\r\nann@host.internal\r\n"
                    + ".dots\r\nx\r\n"))
        try relay.stop()
    }

    @Test("fields go in front at hand-over, never twice, and the sender carries the queue ID")
    func handOver() throws {
        var config = RelayConfig(
            sinks[0].upstream(
                "only", "headers = [\"X-Set: upstream\", \"X-Pool: upstream\"]",
                "sender = \"bounce+{queue_id}@bounces.example\""))
        config.tables = [
            "[[route]]", "name = \"news\"", "sender = \"@news.example\"", "upstreams = [\"only\"]",
            "headers = [\"x-pool: news\", \"X-Title: Gr\u{FC}\u{DF}e\"]",
        ]
        let relay = try Relay(config)
        #expect(
            try send(relay, from: "a@news.example", "X-Set: mine\r\nFrom: a@news.example\r\n\r\nx").hasPrefix("250"))
        #expect(try send(relay, from: "a@shop.example", "From: a@shop.example\r\n\r\nx").hasPrefix("250"))
        #expect(try send(relay, from: "", "From: a@shop.example\r\n\r\nx").hasPrefix("250"))
        try sinks[0].wait(for: 3)
        let lines = try sinks[0].books()
        for (index, line) in lines.enumerated() {
            let text = try content(sinks[0], index)
            #expect(line.size == text.utf8.count)
            let id = try #require(line.queue_id)
            #expect(line.sender == "" || line.sender == "bounce+\(id)@bounces.example")
            let isNews = text.contains("a@news.example")
            let start =
                isNews
                ? "x-pool: news\r\nX-Title: =?utf-8?b?R3LDvMOfZQ==?=\r\n" : "X-Set: upstream\r\nX-Pool: upstream\r\n"
            #expect(text.hasPrefix("\(start)X-Posthorse-ID: \(id)\r\n"))
            #expect(text.contains("\r\nX-Set: mine\r\n") == isNews)
        }
        #expect(lines.filter { $0.sender == "" }.count == 1)
        try relay.stop()
    }

    @Test("sessions come from source_address; without such an address mail goes to the next upstream")
    func sourceAddress() throws {
        let source = Loopback.next()
        let config = RelayConfig(
            sinks[0].upstream("first", "source_address = \"192.0.2.1\""),
            sinks[1].upstream("second", "source_address = \"\(source)\""))
        let relay = try Relay(config)
        let check = try relay.command("check")
        #expect(check.exit == .code(0))
        #expect((check.output + check.errors).contains { $0.contains("192.0.2.1 is not an address of this machine") })
        #expect(try send(relay, from: "a@x", "Subject: t\r\n\r\nx").hasPrefix("250 2.0.0"))
        try sinks[1].wait(for: 1)
        #expect(try sinks[1].books().map(\.client) == [source])
        #expect(try sinks[0].books().isEmpty)
        try relay.stop()
    }
}
