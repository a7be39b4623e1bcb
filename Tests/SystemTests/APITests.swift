import Foundation
import Glibc
import TLS
import TestKit
import Testing

@Suite("The API over TCP", .scenario)
struct APITests {
    private let sink: Sink

    init() throws {
        sink = try Sink()
    }

    private func config(_ tokens: [String], _ admin: String...) -> RelayConfig {
        var config = RelayConfig(sink.upstream("primary"))
        config.admin = ["http = \"127.0.0.1:0\""] + admin
        config.tables = tokens
        return config
    }

    @Test("curl with a token sees the queue, without one only that the relay is ready", .needs("curl"))
    func tokens() throws {
        let token = try API.Token()
        let relay = try Relay(config(token.table("ops", "operate")))
        let (api, stranger) = (try API(relay, token: token), try API(relay))
        #expect(try api.curl("/v1/queue/stats")["messages"] as? Int == 0)
        #expect(try stranger.curl("/v1/queue/stats").status == 401)
        #expect(try stranger.curl("/livez").body == "ok\n")
        #expect(try stranger.curl("/readyz").status == 200)
        #expect(try stranger.curl("/readyz?verbose").status == 401)
        #expect(try api.curl("/readyz?verbose")["status"] as? String == "ready")
        #expect(try api.curl("/metrics").body.contains("posthorse_api_refusals_total{reason=\"no_token\"} 2"))
        #expect(try api.curl("/v1/health", "-H", "Host: evil.example").status == 421)
        let drained = try api.curl("/v1/upstreams/primary/drain", "-d", "{\"reason\":\"theirs\"}")
        #expect(drained.status == 200 && drained["admin_state"] as? String == "draining")
        let audit = try relay.command("audit", "list", "--what", "drain", "--json")
        #expect(audit.output.first?.contains("\"who\":\"token:ops\"") == true)
    }

    @Test("a wrong token is answered late, logged and counted", .needs("curl"))
    func wrongToken() throws {
        let token = try API.Token()
        let relay = try Relay(config(token.table("ops", "read")))
        let start = ContinuousClock.now
        #expect(try API(relay, token: try API.Token()).curl("/v1/health").status == 401)
        #expect(ContinuousClock.now - start >= .seconds(1))
        try relay.wait("api_refused")
        #expect(relay.lines("api_refused").first?.reason == "token")
        #expect(
            try API(relay, token: token).curl("/metrics").body.contains(
                "posthorse_api_refusals_total{reason=\"token\"} 1"))
    }

    @Test("curl by TLS, with the certificate verified", .needs("curl"), arguments: ["--tlsv1.3", "--tls-max"])
    func encrypted(option: String) throws {
        let (token, certificates) = (try API.Token(), try TestCertificates())
        let files = try certificates.listenerFiles()
        let relay = try Relay(
            config(
                token.table("ops", "read"), "certificate = \"\(files.certificate)\"",
                "private_key = \"\(files.privateKey)\""))
        let api = try API(relay, token: token, authorities: certificates.authorityFile)
        let options = option == "--tls-max" ? [option, "1.2"] : [option, "--http1.1"]
        #expect(try api.curl("/v1/health", options[0], options[1])["status"] as? String == "ok")
    }

    @Test("the command line with --server does what it does by the socket, as far as its token may")
    func commandLine() throws {
        let (operate, read, certificates) = (try API.Token(), try API.Token(), try TestCertificates())
        let files = try certificates.listenerFiles()
        let relay = try Relay(
            config(
                operate.table("ops", "operate") + read.table("watcher", "read"),
                "certificate = \"\(files.certificate)\"", "private_key = \"\(files.privateKey)\""))
        let url = try API(relay, authorities: certificates.authorityFile).url
        let file = relay.directory.path + "/token"
        func run(_ token: API.Token, _ words: String...) throws -> Posthorse.Result {
            try "\(token.text)\n".write(toFile: file, atomically: true, encoding: .utf8)
            let place = ["--server", url, "--token-file", file, "--ca-file", certificates.authorityFile]
            let program = try Program(Posthorse.executable, words + place)
            let exit = try program.waitForExit()
            return Posthorse.Result(
                exit: exit, output: program.output.current.lines, errors: program.errors.current.lines)
        }
        let listed = try run(read, "upstream", "list", "--json")
        let local = try relay.command("upstream", "list", "--json")
        #expect(listed.exit == .code(0) && listed.output == local.output)
        #expect(try run(read, "queue", "list", "--json").exit == .code(0))
        let refused = try run(read, "upstream", "disable", "primary")
        #expect(refused.exit == .code(69) && refused.errors.contains { $0.contains("the role of this token is read") })
        #expect(try run(operate, "upstream", "disable", "primary", "--reason", "theirs").exit == .code(0))
        #expect(try run(operate, "upstream", "show", "nobody").exit == .code(66))
        #expect(try run(try API.Token(), "queue", "stats").exit == .code(69))
        let audit = try run(read, "audit", "list", "--what", "disable", "--json")
        #expect(audit.output.first?.contains("\"who\":\"token:ops\"") == true)
        try relay.stop()
        #expect(try run(read, "queue", "list").exit == .code(69))
    }

    @Test("a certificate that nobody vouches for is not believed")
    func stranger() throws {
        let (token, certificates) = (try API.Token(), try TestCertificates())
        let files = try certificates.listenerFiles()
        let relay = try Relay(
            config(
                token.table("ops", "read"), "certificate = \"\(files.certificate)\"",
                "private_key = \"\(files.privateKey)\""))
        let url = try API(relay, authorities: certificates.authorityFile).url
        let file = relay.directory.path + "/token"
        try "\(token.text)\n".write(toFile: file, atomically: true, encoding: .utf8)
        let program = try Program(Posthorse.executable, ["upstream", "list", "--server", url, "--token-file", file])
        #expect(try program.waitForExit() == .code(75))
        #expect(program.errors.current.lines.contains { $0.contains("certificate") })
    }

    // MARK: - Mail

    /// A relay with a user, and a token that may hand in that user's mail.
    private func relayForMail(_ sink: Sink, _ limits: String...) throws -> (Relay, API) {
        let (token, account) = (try API.Token(), try Account())
        var config = RelayConfig(sink.upstream("primary"))
        config.admin = ["http = \"127.0.0.1:0\""]
        config.tables =
            token.table("shop", "send", user: Account.user)
            + ["[[user]]", "name = \"\(Account.user)\"", "password_hash = '\(try account.hash("--scrypt-only"))'"]
            + ["[limits]"] + limits
        let relay = try Relay(config)
        return (relay, try API(relay, token: token))
    }

    @Test("a mail by curl is delivered as it came, and its token may do nothing else", .needs("curl"))
    func mail() throws {
        let sink = try Sink(keepsContent: true)
        let (relay, api) = try relayForMail(sink)
        let file = relay.directory.path + "/mail.eml"
        try "Subject: hello\r\n\r\n.dot\r\nline\r\n".write(toFile: file, atomically: true, encoding: .utf8)
        let path = "/v1/messages?sender=a@example.org&recipient=b@example.net&recipient=c%2Bd@example.net"
        let answer = try api.curl(path, "--data-binary", "@\(file)")
        let id = try #require(answer["queue_id"] as? String)
        #expect(answer.status == 202)
        let form = try api.curl(
            "/v1/messages", "-F", "envelope={\"sender\":\"\",\"recipients\":[\"e@example.net\"]};type=application/json",
            "-F", "message=@\(file);type=message/rfc822")
        #expect(form.status == 202, "\(form.body)")
        #expect(try api.curl(path, "-X", "POST").status == 400)
        let turned = try api.curl(
            "/v1/messages", "-F", "message=@\(file);type=message/rfc822", "-F",
            "envelope={\"sender\":\"z@example.org\",\"recipients\":[\"f@example.net\"]}")
        #expect(turned.status == 202, "\(turned.body)")
        try sink.wait(for: 3)
        let lines = try sink.books()
        let first = try #require(lines.first { $0.sender == "a@example.org" })
        #expect(first.recipients.sorted() == ["b@example.net", "c+d@example.net"])
        let content = String(decoding: try sink.content(of: first), as: UTF8.self)
        #expect(content.hasSuffix("Subject: hello\r\n\r\n.dot\r\nline\r\n") && content.contains("with HTTP id \(id);"))
        #expect(try api.curl("/v1/queue").status == 403)
    }

    @Test("what SMTP refuses, HTTP refuses with the code of SMTP", .needs("curl"))
    func refusals() throws {
        let sink = try Sink()
        let (relay, api) = try relayForMail(sink, "user_message_rate = \"1/h\"")
        func send(_ query: String, _ body: String = "Subject: x\n\nx\n") throws -> API.Answer {
            try api.curl("/v1/messages?" + query, "-H", "Content-Type: message/rfc822", "--data-binary", body)
        }
        let address = try send("sender=a@example.org&recipient=b@@example.net")
        #expect(address.status == 422 && address["smtp_code"] as? Int == 501, "\(address.body)")
        #expect(try send("sender=a@example.org").status == 400)
        #expect(
            try send("sender=a@example.org&recipient=b@example.net", "Subject: x\r\n\r\na\nb\r\n")["smtp_code"] as? Int
                == 550)
        #expect(try send("sender=a@example.org&recipient=b@example.net").status == 429)
        #expect(try relay.queue().isEmpty)
    }

    @Test("an Idempotency-Key outlives the relay", .needs("curl"))
    func keys() throws {
        let sink = try Sink()
        let (token, account) = (try API.Token(), try Account())
        var config = RelayConfig(sink.upstream("primary"))
        config.admin = ["http = \"127.0.0.1:0\""]
        config.tables =
            token.table("shop", "send", user: Account.user)
            + ["[[user]]", "name = \"\(Account.user)\"", "password_hash = '\(try account.hash("--scrypt-only"))'"]
        let relay = try Relay(config)
        func send(_ body: String) throws -> API.Answer {
            try API(relay, token: token).curl(
                "/v1/messages?sender=a@example.org&recipient=b@example.net", "-H", "Idempotency-Key: order-7",
                "--data-binary", body)
        }
        let first = try send("Subject: x\n\nx\n")
        try sink.wait(for: 1)
        try relay.stop()
        try relay.restart()
        let second = try send("Subject: x\n\nx\n")
        #expect(first.status == 202 && first.body == second.body)
        #expect(try send("Subject: x\n\ny\n").status == 422)
        #expect(try sink.books().count == 1)
    }

    @Test("ten thousand connections that say nothing shut out neither operators nor programs", .needs("curl"))
    func crowd() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let token = try API.Token()
        let relay = try Relay(config(token.table("ops", "read")))
        let api = try API(relay, token: token)
        let port = try #require(UInt16(api.url.split(separator: ":").last ?? ""))
        var crowd: [SMTPConnection] = []
        for index in 0..<10_000 {
            crowd.append(try SMTPConnection(port: port))
            if index.isMultiple(of: 2500) { #expect(try api.curl("/v1/health").status == 200) }
        }
        #expect(try api.curl("/v1/health").status == 200)
        #expect(try relay.command("upstream", "list").exit == .code(0))
        #expect(try Burst(TestMail.series("crowd", 10), to: relay.port).finish().accepted.count == 10)
        for connection in crowd { connection.close() }
    }
}
