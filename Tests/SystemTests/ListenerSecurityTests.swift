import Foundation
import TLS
import TestKit
import Testing

@Suite("Listeners with TLS and users", .scenario)
struct ListenerSecurityTests {
    private let certificates: TestCertificates
    private let account: Account
    private let sink: Sink

    init() throws {
        certificates = try TestCertificates()
        account = try Account()
        sink = try Sink(keepsContent: true)
    }

    private func config(_ mode: String, _ lines: String...) throws -> RelayConfig {
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = try certificates.listenerLines(mode) + lines
        return config
    }

    /// A relay that requires a login, with one user.
    private func relayForUsers(_ mode: String, _ lines: String..., hasSCRAM: Bool = false) throws -> Relay {
        var config = try config(mode, "auth = \"required\"")
        config.listener += lines
        config.tables = [
            "[auth]", "max_failures = 3", "failure_delay = \"200ms\"", "[[user]]", "name = \"\(Account.user)\"",
            "password_hash = '\(hasSCRAM ? try account.hash() : try account.hash("--scrypt-only"))'",
        ]
        return try Relay(config)
    }

    // MARK: - openssl

    /// Runs a session of a few commands; returns the output of openssl and the server.
    private func client(_ relay: Relay, _ options: String..., isImplicit: Bool = false) throws -> String {
        let commands = account.directory.path + "/commands"
        try "EHLO client.example\nNOOP\nQUIT\n".write(toFile: commands, atomically: true, encoding: .utf8)
        let all = [
            "s_client", "-connect", "127.0.0.1:\(relay.port)", "-CAfile", certificates.authorityFile, "-crlf",
            "-ign_eof", "-verify_return_error",
        ]
        return try Tool.run("openssl", all + (isImplicit ? [] : ["-starttls", "smtp"]) + options, input: commands)
    }

    @Test(
        "openssl speaks TLS 1.2 and 1.3, by STARTTLS and from the start", .needs("openssl"),
        arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")], ["starttls", "implicit"])
    func openssl(_ version: (option: String, name: String), _ mode: String) throws {
        let relay = try Relay(config(mode))
        let text = try client(
            relay, version.option, "-verify_hostname", TestCertificates.name, isImplicit: mode == "implicit")
        #expect(text.contains("New, \(version.name), Cipher is "))
        #expect(text.contains("Verify return code: 0 (ok)"))
        #expect(text.contains("\n250 2.0.0 ") && text.contains("\n221 2.0.0 "))
    }

    @Test("openssl with an old version is refused", .needs("openssl"))
    func oldVersion() throws {
        let relay = try Relay(config("implicit"))
        #expect(throws: ScenarioError.self) {
            try client(relay, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", isImplicit: true)
        }
        try relay.wait(for: 1, "encryption_failed")
    }

    @Test("openssl resumes its session", .needs("openssl"), arguments: ["-tls1_2", "-tls1_3"])
    func resumption(_ version: String) throws {
        let relay = try Relay(config("implicit"))
        let session = account.directory.path + "/session"
        let first = try client(relay, version, "-sess_out", session, isImplicit: true)
        #expect(first.contains("\nNew, "))
        let second = try client(relay, version, "-sess_in", session, isImplicit: true)
        #expect(second.contains("\nReused, "))
    }

    @Test("openssl gets the certificate of the requested name, else the first", .needs("openssl"))
    func serverNames() throws {
        let files = try ["a.example", "b.example"].map { try certificates.server($0) }
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = [
            "tls = \"starttls\"", "certificate = \(files.map(\.certificate))",
            "private_key = \(files.map(\.privateKey))",
        ]
        let relay = try Relay(config)
        for (asked, shown) in [("b.example", "b.example"), ("a.example", "a.example"), ("c.example", "a.example")] {
            #expect(try client(relay, "-servername", asked).contains("CN = \(shown)\n"))
        }
    }

    @Test("a certificate replaced on disk is used from then on", .needs("openssl"), arguments: [true, false])
    func replaced(_ byHand: Bool) throws {
        let relay = try Relay(config("starttls"))
        #expect(try client(relay).contains("CN = \(TestCertificates.name)\n"))
        _ = try certificates.listenerFiles(commonName: "new.example")
        if byHand { relay.process.signal(SIGHUP) }
        try relay.wait(for: 1, "reloaded")
        #expect(try client(relay).contains("CN = new.example\n"))
    }

    // MARK: - Third-party clients

    @Test(
        "swaks logs in and sends", .needs("swaks"), arguments: ["PLAIN", "LOGIN"],
        ["--tls", "--tls-on-connect", "--tls-protocol=tlsv1_2"])
    func swaks(_ mechanism: String, _ mode: String) throws {
        let relay = try relayForUsers(mode == "--tls-on-connect" ? "implicit" : "required")
        let tls = mode.hasPrefix("--tls-protocol") ? ["--tls", "--tls-protocol", "tlsv1_2"] : [mode]
        _ = try Tool.run(
            "swaks",
            tls + [
                "--server", "127.0.0.1:\(relay.port)", "--tls-verify", "--tls-ca-path", certificates.authorityFile,
                "--auth", mechanism, "--auth-user", Account.user, "--auth-password", Account.password,
                "--from", "a@example.com", "--to", "b@example.net",
            ])
        try sink.wait(for: 1)
        try relay.wait(for: 1, "logged_in")
        #expect(relay.lines("logged_in").map(\.user) == [Account.user])
        #expect(relay.lines("logged_in").map(\.mechanism) == [mechanism])
    }

    @Test("swaks with a wrong password is refused", .needs("swaks"))
    func swaksWrong() throws {
        let relay = try relayForUsers("required")
        #expect(throws: ScenarioError.self) {
            try Tool.run(
                "swaks", "--tls", "--server", "127.0.0.1:\(relay.port)", "--auth", "PLAIN", "--auth-user", Account.user,
                "--auth-password", "wrong", "--from", "a@example.com", "--to", "b@example.net")
        }
        try relay.wait(for: 1, "login_failed")
        #expect(relay.count("accepted") == 0)
    }

    @Test("Python's smtplib logs in and sends", .needs("python3"), arguments: ["starttls", "required", "implicit"])
    func smtplib(_ mode: String) throws {
        let relay = try relayForUsers(mode)
        let open =
            mode == "implicit"
            ? "smtp = smtplib.SMTP_SSL('127.0.0.1', \(relay.port), context=tls)"
            : "smtp = smtplib.SMTP('127.0.0.1', \(relay.port)); smtp.starttls(context=tls)"
        try python(
            """
            \(open)
            smtp.login("\(Account.user)", "\(Account.password)")
            for number in range(5):
                smtp.sendmail("a@example.com", ["b@example.net"], f"Subject: {number}\\n\\ntext\\n")
            smtp.quit()
            """)
        try sink.wait(for: 5)
        try relay.wait(for: 1, "logged_in")
        #expect(relay.count("logged_in") == 1)
    }

    /// Runs a script with `tls`, a context that trusts the scenario's authority.
    private func python(_ script: String) throws {
        let begin = """
            import smtplib, socket, ssl
            tls = ssl.create_default_context(cafile="\(certificates.authorityFile)")

            """
        _ = try Tool.run("python3", "-c", begin + script)
    }

    @Test(
        "mechanisms limits what is offered: a client that could bind its login uses another one", .needs("python3"))
    func mechanisms() throws {
        let relay = try relayForUsers(
            "required", "mechanisms = [\"SCRAM-SHA-256\", \"PLAIN\"]", hasSCRAM: true)
        // RFC 5802: "y" says that the client could bind, and has been told that the server cannot.
        try python(
            """
            import base64, hashlib, hmac
            smtp = smtplib.SMTP("127.0.0.1", \(relay.port))
            smtp.starttls(context=tls)
            smtp.ehlo()
            assert smtp.sock.version() == "TLSv1.3"
            assert smtp.esmtp_features["auth"].split() == ["SCRAM-SHA-256", "PLAIN"], smtp.esmtp_features["auth"]
            assert smtp.docmd("AUTH", "LOGIN")[0] == 504
            code = lambda text: base64.b64encode(text).decode()
            bare = b"n=\(Account.user),r=abcdefgh"
            first = base64.b64decode(smtp.docmd("AUTH", "SCRAM-SHA-256 " + code(b"y,," + bare))[1])
            parts = dict(part.split(b"=", 1) for part in first.split(b","))
            salted = hashlib.pbkdf2_hmac(
                "sha256", b"\(Account.password)", base64.b64decode(parts[b"s"]), int(parts[b"i"]))
            key = hmac.digest(salted, b"Client Key", "sha256")
            final = b"c=" + base64.b64encode(b"y,,") + b",r=" + parts[b"r"]
            signature = hmac.digest(hashlib.sha256(key).digest(), bare + b"," + first + b"," + final, "sha256")
            proof = bytes(a ^ b for a, b in zip(key, signature))
            assert smtp.docmd(code(final + b",p=" + base64.b64encode(proof)))[0] == 334
            assert smtp.docmd("")[0] == 235
            smtp.sendmail("a@example.com", ["b@example.net"], "Subject: x\\n\\ntext\\n")
            smtp.quit()
            """)
        try sink.wait(for: 1)
        try relay.wait(for: 1, "logged_in")
        #expect(relay.lines("logged_in").map(\.mechanism) == ["SCRAM-SHA-256"])
    }

    @Test("curl logs in and sends", .needs("curl"), arguments: ["smtps", "smtp"])
    func curl(_ scheme: String) throws {
        let relay = try relayForUsers(scheme == "smtps" ? "implicit" : "required")
        let mail = TestMail(tag: "curl", size: 200_000)
        let file = relay.directory.path + "/mail.eml"
        try Data(mail.content).write(to: URL(fileURLWithPath: file))
        _ = try Tool.run(
            "curl", "-sS", "\(scheme)://127.0.0.1:\(relay.port)/client.example", "--ssl-reqd", "--cacert",
            certificates.authorityFile, "--user", "\(Account.user):\(Account.password)", "--mail-from", "a@example.com",
            "--mail-rcpt", mail.recipient, "-T", file)
        try sink.wait(for: 1)
        try sink.checkContent(of: [mail])
    }

    // MARK: - Refusals

    @Test("without TLS, nothing but EHLO and STARTTLS if it is required; AUTH is neither offered nor accepted")
    func required() throws {
        let relay = try relayForUsers("required")
        let client = try relay.connect()
        _ = try client.reply()
        try client.send("EHLO client.example\r\n")
        var offer = ""
        repeat { offer = try client.readLine(); #expect(!offer.contains("AUTH")) } while offer.hasPrefix("250-")
        #expect(try client.ask("MAIL FROM:<a@example.com>").hasPrefix("530 5.7.0 "))
        let login = Data("\0\(Account.user)\0\(Account.password)".utf8).base64EncodedString()
        #expect(try client.ask("AUTH PLAIN \(login)").hasPrefix("5"))
        #expect(try client.ask("MAIL FROM:<a@example.com>").hasPrefix("530 5.7.0 "))
        #expect(relay.count("logged_in") == 0)
        try relay.stop()
        let isSilent = relay.process.errors.current.lines.allSatisfy { !$0.contains(login) }
        #expect(isSilent)
    }

    @Test("clear-text octets after STARTTLS end the session")
    func injected() throws {
        let relay = try Relay(config("starttls"))
        let client = try relay.connect()
        try client.greet()
        try client.send("STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")
        #expect(try !client.readToEnd().contains("\r\n250 "))
    }

    @Test("a wrong password is answered late, and after several even the right one is refused")
    func lockout() throws {
        let relay = try relayForUsers("starttls", "auth_without_tls = true")
        let client = try relay.connect()
        try client.greet()
        let wrong = Data("\0\(Account.user)\0wrong".utf8).base64EncodedString()
        let right = Data("\0\(Account.user)\0\(Account.password)".utf8).base64EncodedString()
        for _ in 0..<2 {
            let start = ContinuousClock.now
            #expect(try client.ask("AUTH PLAIN \(wrong)").hasPrefix("535 5.7.8 "))
            #expect(ContinuousClock.now - start > .milliseconds(200))
        }
        #expect(try client.ask("AUTH PLAIN \(wrong)").hasPrefix("421 "))
        try relay.wait(for: 1, "locked_out")
        let second = try relay.connect()
        try second.greet()
        #expect(try !second.ask("AUTH PLAIN \(right)").hasPrefix("235 "))
        #expect(relay.count("logged_in") == 0)
    }

    // MARK: - Client certificates, proxies

    @Test("a client certificate logs its user in, and a stranger's does not", .needs("python3"))
    func clientCertificates() throws {
        let files = try certificates.make("app", .init(commonName: "app"))
        let relay = try Relay(
            config("implicit", "auth = \"required\"", "client_ca = \"\(certificates.authorityFile)\""))
        let send = """
            with smtplib.SMTP_SSL("127.0.0.1", \(relay.port), context=tls) as smtp:
                smtp.sendmail("a@example.com", ["b@example.net"], "Subject: x\\n\\ntext\\n")
            """
        try python("tls.load_cert_chain('\(files.certificate)', '\(files.privateKey)')\n" + send)
        try sink.wait(for: 1)
        #expect(throws: ScenarioError.self) { try python(send) }
        let strangers = try TestCertificates(authority: "Nobody")
        let other = try strangers.make("app", .init(commonName: "app"))
        #expect(throws: ScenarioError.self) {
            try python("tls.load_cert_chain('\(other.certificate)', '\(other.privateKey)')\n" + send)
        }
        #expect(relay.count("accepted") == 1)
    }

    @Test(
        "a PROXY header names the client, before TLS begins", .needs("python3"),
        arguments: ["192.0.2.7", "198.51.100.7"])
    func proxy(_ client: String) throws {
        let relay = try Relay(
            config("implicit", "proxy_protocol = [\"127.0.0.0/8\"]", "allow = [\"192.0.2.0/24\"]"))
        try python(
            """
            raw = socket.create_connection(("127.0.0.1", \(relay.port)))
            raw.sendall(b"PROXY TCP4 \(client) 127.0.0.1 4711 465\\r\\n")
            stream = tls.wrap_socket(raw, server_hostname="\(TestCertificates.name)").makefile("rw", newline="")
            def ask(command):
                stream.write(command + "\\r\\n")
                stream.flush()
                while True:
                    line = stream.readline()
                    if line[3:4] != "-": return line
            banner = stream.readline()
            assert banner.startswith("\(client.hasPrefix("192") ? "220 " : "554 ")"), banner
            if banner.startswith("220 "):
                assert ask("EHLO client.example").startswith("250 ")
                assert ask("MAIL FROM:<a@example.com>").startswith("250 ")
                assert ask("RCPT TO:<b@example.net>").startswith("250 ")
            """)
    }
}
