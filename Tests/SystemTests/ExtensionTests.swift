import Foundation
import TestKit
import Testing

@Suite("Extensions, end to end", .scenario)
struct ExtensionTests {
    /// Sends a mail with parameters.
    private func send(_ relay: Relay, from: String = "<a@example.com>", to: String = "<b@example.net>") throws {
        let client = try relay.connect()
        try client.greet()
        try #require(try client.ask("MAIL FROM:\(from)").hasPrefix("250 "))
        try #require(try client.ask("RCPT TO:\(to)").hasPrefix("250 "))
        try #require(try client.ask("DATA").hasPrefix("354 "))
        try #require(try client.ask("Subject: x\r\n\r\ntext\r\n.").hasPrefix("250 "))
    }

    @Test(
        "DSN parameters are passed on only to an upstream that offers DSN",
        arguments: [true, false])
    func dsn(_ isOffered: Bool) throws {
        let sink = try Sink(options: isOffered ? ["--dsn"] : [])
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try send(
            relay, from: "<a@example.com> RET=HDRS ENVID=x+2B1",
            to: "<b@example.net> NOTIFY=FAILURE ORCPT=rfc822;c@example.net")
        try sink.wait(for: 1)
        let line = try #require(try sink.books().first)
        let mail = line.mail_parameters?.split(separator: " ") ?? []
        #expect(mail.contains("RET=HDRS") == isOffered && mail.contains("ENVID=x+2B1") == isOffered)
        let recipient = line.rcpt_parameters?.first?.split(separator: " ") ?? []
        #expect(recipient.contains("NOTIFY=FAILURE") == isOffered)
        #expect(recipient.contains("ORCPT=rfc822;c@example.net") == isOffered)
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }

    @Test("addresses beyond ASCII reach an upstream with SMTPUTF8 unchanged")
    func smtpUTF8() throws {
        let sink = try Sink("--smtputf8")
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try send(relay, from: "<j\u{FC}rgen@example.com> SMTPUTF8", to: "<b\u{FC}ro@b\u{FC}cher.example>")
        try sink.wait(for: 1)
        let line = try #require(try sink.books().first)
        #expect(line.sender == "j\u{FC}rgen@example.com" && line.recipients == ["b\u{FC}ro@b\u{FC}cher.example"])
        #expect(line.mail_parameters?.contains("SMTPUTF8") == true)
    }

    @Test("without SMTPUTF8 at the upstream a domain is sent as A-labels")
    func domain() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try send(relay, from: "<a@example.com> SMTPUTF8", to: "<b@b\u{FC}cher.example>")
        try sink.wait(for: 1)
        #expect(try sink.books().first?.recipients == ["b@xn--bcher-kva.example"])
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }

    @Test("without SMTPUTF8 at the upstream a local part beyond ASCII waits")
    func localPart() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try send(relay, from: "<a@example.com> SMTPUTF8", to: "<b\u{FC}ro@example.net>")
        try relay.wait(for: 1, "deferred")
        #expect(relay.lines("deferred").first?.reply?.contains("5.6.7") == true)
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }

    @Test("binary content is received and sent in chunks, octet by octet")
    func binary() throws {
        let sink = try Sink(options: ["--chunking"], keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        let content = try sendBinary(relay)
        try sink.wait(for: 1)
        let line = try #require(try sink.books().first)
        #expect(line.body == "bdat" && line.mail_parameters?.contains("BODY=BINARYMIME") == true)
        let isSame = try sink.content(of: line).suffix(content.count) == Data(content)
        #expect(isSame)
    }

    @Test("binary content waits for an upstream that accepts it")
    func binaryRefused() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        _ = try sendBinary(relay)
        try relay.wait(for: 1, "deferred")
        #expect(relay.lines("deferred").first?.reply?.contains("5.6.") == true)
        try relay.stop()
        let totals = try sink.end()
        #expect(totals.messages == 0 && totals.bad_commands == 0)
    }

    /// Octets of every kind, in two chunks.
    private func sendBinary(_ relay: Relay) throws -> [UInt8] {
        let header = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        let content = Array(header.utf8) + (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let client = try relay.connect()
        try client.greet()
        try #require(try client.ask("MAIL FROM:<a@example.com> BODY=BINARYMIME").hasPrefix("250 "))
        try #require(try client.ask("RCPT TO:<b@example.net>").hasPrefix("250 "))
        try client.send(Array("BDAT 1000\r\n".utf8) + content[..<1000])
        try #require(try client.reply().hasPrefix("250 "))
        try client.send(Array("BDAT \(content.count - 1000) LAST\r\n".utf8) + content[1000...])
        try #require(try client.reply().hasPrefix("250 "))
        return content
    }

    @Test("mail that requires TLS goes only to an upstream that promises the same", .needs("python3"))
    func requireTLS() throws {
        let certificates = try TestCertificates()
        let options = try certificates.sinkOptions("required")
        let (primary, secondary) = (try Sink(options: options), try Sink(options: options + ["--requiretls"]))
        let lines = certificates.upstreamLines("starttls")
        var config = RelayConfig(
            primary.upstream("primary", lines: lines), secondary.upstream("secondary", lines: lines))
        config.listener = try certificates.listenerLines("starttls")
        let relay = try Relay(config)
        let script = """
            import smtplib, ssl
            tls = ssl.create_default_context(cafile="\(certificates.authorityFile)")
            with smtplib.SMTP("127.0.0.1", \(relay.port)) as smtp:
                smtp.ehlo()
                assert not smtp.has_extn("requiretls")
                smtp.starttls(context=tls)
                smtp.ehlo()
                assert smtp.has_extn("requiretls")
                smtp.sendmail("a@example.com", ["b@example.net"], "Subject: x\\n\\ntext\\n", ["REQUIRETLS"])
            """
        _ = try Tool.run("python3", "-c", script)
        try secondary.wait(for: 1)
        #expect(try secondary.books().first?.mail_parameters?.contains("REQUIRETLS") == true)
        #expect(try primary.books().isEmpty)
        try relay.stop()
        let totals = try primary.end()
        #expect(totals.bad_commands == 0)
    }
}
