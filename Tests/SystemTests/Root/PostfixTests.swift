import Foundation
import TLS
import TestKit
import Testing

extension RootTests {
    @Suite("With Postfix", .scenario, .needs("postfix"))
    struct PostfixTests {
        private let sink: Sink
        private let certificates: TestCertificates
        private let account: Account

        init() throws {
            sink = try Sink(keepsContent: true)
            certificates = try TestCertificates()
            account = try Account()
        }

        @Test("Postfix is the upstream, and relays what it gets")
        func upstream() throws {
            let postfix = try Postfix(relayhost: sink.address)
            let relay = try Relay(RelayConfig(postfix.upstream))
            let mails = TestMail.series("postfix", 100, sizes: [300, 50_000])
            let sent = try Burst(mails, to: relay.port).finish()
            #expect(sent.accepted.count == 100)
            try relay.wait(for: 100, "delivered")
            try sink.wait(for: 100)
            #expect(relay.count("deferred") == 0 && relay.count("in_doubt") == 0)
            try relay.stop()
            try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        }

        @Test("Postfix is the upstream, and requires TLS")
        func upstreamWithTLS() throws {
            let files = try certificates.server(TestCertificates.name)
            let postfix = try Postfix(
                relayhost: sink.address,
                settings: [
                    "smtpd_tls_security_level = encrypt", "smtpd_tls_cert_file = \(files.certificate)",
                    "smtpd_tls_key_file = \(files.privateKey)", "smtpd_tls_loglevel = 1",
                    "smtpd_tls_received_header = yes",
                ])
            var config = RelayConfig(postfix.upstream)
            config.upstreams[0].lines = certificates.upstreamLines("starttls")
            let relay = try Relay(config)
            let sent = try Burst(TestMail.series("postfix", 20), to: relay.port).finish()
            try relay.wait(for: 20, "delivered")
            #expect(relay.lines("delivered").allSatisfy { $0.tls != nil })
            try sink.wait(for: 20)
            try relay.stop()
            try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
            let content = String(decoding: try sink.content(of: #require(try sink.books().first)), as: UTF8.self)
            #expect(content.contains("using TLSv1.3 with cipher"))
        }

        @Test("Postfix is the client, requires TLS and logs in", arguments: ["plain", "login", "scram-sha-256"])
        func client(_ mechanism: String) throws {
            let relay = try relayForUsers(hasSCRAM: mechanism.hasPrefix("scram"))
            let postfix = try Postfix(
                relayhost: "127.0.0.1:\(relay.port)",
                settings: [
                    "smtp_tls_security_level = secure", "smtp_tls_CAfile = \(certificates.authorityFile)",
                    "smtp_tls_secure_cert_match = \(TestCertificates.name)", "smtp_sasl_auth_enable = yes",
                    "smtp_sasl_password_maps = static:\(Account.user):\(Account.password)",
                    "smtp_sasl_security_options = noanonymous", "smtp_sasl_mechanism_filter = \(mechanism)",
                ])
            let address = postfix.upstream.address.split(separator: ":")[0]
            let mails = TestMail.series("postfix", 3)
            let client = try SMTPConnection(port: 2525, host: String(address))
            try client.greet()
            for mail in mails { #expect(try client.deliver(mail).hasPrefix("250 ")) }
            try sink.wait(for: 3)
            try relay.wait(for: 1, "logged_in")
            #expect(relay.lines("logged_in").allSatisfy { $0.mechanism?.lowercased() == mechanism })
            #expect(Set(try sink.books().flatMap(\.recipients)) == Set(mails.map(\.recipient)))
        }

        @Test("a refused recipient: the sender finds a notice in its mailbox, which others understand")
        func notice() throws {
            let postfix = try Postfix(
                relayhost: sink.address,
                settings: [
                    "virtual_mailbox_domains = mail.example",
                    "virtual_mailbox_maps = inline:{ app@mail.example=app/ }", "virtual_transport = virtual",
                ])
            let relay = try Relay(RelayConfig(postfix.upstream))
            let client = try relay.connect()
            try client.greet()
            try client.ask("MAIL FROM:<app@mail.example>")
            try client.ask("RCPT TO:<gone@mail.example>")
            try client.ask("DATA")
            #expect(try client.ask("Subject: s\r\n\r\nx\r\n.").hasPrefix("250 "))
            try relay.wait(for: 1, "notice")
            try relay.wait(for: 1, "delivered")
            let found = try Tool.run(
                "python3", ["-c", Self.reader, postfix.maildir("app")], within: .seconds(60), keepsPrivileges: true)
            #expect(found == "gone@mail.example multipart/report failed invalid_recipient")
            #expect(try relay.queue().isEmpty)
            #expect(relay.lines("failed").count == 1)
        }

        /// Prints what a bounce processor finds in the first message of a Maildir.
        private static let reader = """
            import email, email.policy, pathlib, sys, time
            from flufl.bounce import scan_message
            new = pathlib.Path(sys.argv[1]) / "new"
            for _ in range(600):
                files = list(new.glob("*")) if new.exists() else []
                if files: break
                time.sleep(0.05)
            message = email.message_from_bytes(files[0].read_bytes(), policy=email.policy.strict)
            status = [p for p in message.walk() if p.get_content_type() == "message/delivery-status"][0].get_payload()[1]
            print(*[a.decode() for a in scan_message(message)], message.get_content_type(), status["Action"],
                  status["X-Posthorse-Class"])
            """

        /// A relay that requires a login, over TLS, with one user.
        private func relayForUsers(hasSCRAM: Bool) throws -> Relay {
            var config = RelayConfig(sink.upstream("sink"))
            config.listener = try certificates.listenerLines("required") + ["auth = \"required\""]
            let hash = hasSCRAM ? try account.hash() : try account.hash("--scrypt-only")
            config.tables = ["[[user]]", "name = \"\(Account.user)\"", "password_hash = '\(hash)'"]
            return try Relay(config)
        }
    }
}
