import Foundation
import TestKit
import Testing

@Suite("Third-party programs", .scenario)
struct ForeignProgramTests {
    private func relay(to sink: Sink) throws -> Relay {
        try Relay(RelayConfig(sink.upstream("sink")))
    }

    @Test("swaks sends", .needs("swaks"))
    func swaks() throws {
        let sink = try Sink(keepsContent: true)
        let relay = try relay(to: sink)
        _ = try Tool.run(
            "swaks", "--server", "127.0.0.1:\(relay.port)", "--from", "a@example.com", "--to",
            "b@example.net,c@example.net", "--header", "Subject: swaks", "--body", ".dots\n..\nand text", "--pipeline")
        try sink.wait(for: 1)
        let taken = try #require(try sink.books().first)
        #expect(taken.sender == "a@example.com" && taken.recipients == ["b@example.net", "c@example.net"])
        let text = String(decoding: try sink.content(of: taken), as: UTF8.self)
        #expect(text.contains("Subject: swaks\r\n") && text.contains("\r\n.dots\r\n..\r\nand text\r\n"))
    }

    @Test("curl sends a file", .needs("curl"))
    func curl() throws {
        let sink = try Sink(keepsContent: true)
        let relay = try relay(to: sink)
        let mail = TestMail(tag: "curl", size: 200_000)
        let file = relay.directory.path + "/mail.eml"
        try Data(mail.content).write(to: URL(fileURLWithPath: file))
        _ = try Tool.run(
            "curl", "-sS", "smtp://127.0.0.1:\(relay.port)/client.example", "--mail-from", "a@example.com",
            "--mail-rcpt", mail.recipient, "-T", file)
        try sink.wait(for: 1)
        try sink.checkContent(of: [mail])
    }

    @Test("Python's smtplib sends several messages in a session", .needs("python3"))
    func smtplib() throws {
        let sink = try Sink(keepsContent: true)
        let relay = try relay(to: sink)
        let script = """
            import smtplib
            from email.message import EmailMessage
            with smtplib.SMTP("127.0.0.1", \(relay.port)) as smtp:
                for number in range(20):
                    message = EmailMessage()
                    message["From"], message["To"] = "a@example.com", "b@example.net, c@example.net"
                    message["Subject"] = f"Zahl {number} \\u00e4"
                    message.set_content(".\\n.. dots\\n\\u00e4\\u00f6\\u00fc\\n" * 50)
                    message.add_attachment(bytes(range(256)) * 200, maintype="application", subtype="octet-stream")
                    assert smtp.send_message(message) == {}
            """
        _ = try Tool.run("python3", "-c", script)
        try sink.wait(for: 20)
        try relay.wait(for: 20, "delivered")
        let books = try sink.books()
        #expect(Set(books.map(\.queue_id)).count == 20)
        #expect(books.allSatisfy { $0.recipients == ["b@example.net", "c@example.net"] })
    }

    @Test("Postfix's smtp-source sends 5,000 messages over 100 sessions", .needs("smtp-source"))
    func smtpSource() throws {
        let sink = try Sink()
        let relay = try relay(to: sink)
        _ = try Tool.run(
            "smtp-source", "-s", "100", "-m", "5000", "-l", "4096", "-f", "a@example.com", "-t", "b@example.net",
            "127.0.0.1:\(relay.port)", within: .seconds(600))
        try sink.wait(for: 5000)
        #expect(try relay.stop() == .code(0))
        let books = try sink.books()
        #expect(books.count == 5000)
        #expect(Set(books.map(\.queue_id)).count == 5000)
        #expect(try relay.queue().isEmpty)
    }

    @Test("Postfix's smtp-sink accepts mail", .needs("smtp-sink"))
    func smtpSink() throws {
        let address = "\(Loopback.next()):2500"
        // It refuses to run as root.
        let user = geteuid() == 0 ? ["-u", "nobody"] : []
        let sink = try Program(
            try #require(Tool.path("smtp-sink")), user + ["-c", address, "100"], keepsPrivileges: true)
        let relay = try Relay(RelayConfig(RelayConfig.Upstream(name: "smtp-sink", address: address)))
        let sent = try Burst(TestMail.series("smtpsink", 200, sizes: [300, 50_000]), to: relay.port).finish()
        #expect(sent.accepted.count == 200)
        try relay.wait(for: 200, "delivered")
        #expect(try relay.stop() == .code(0))
        #expect(try relay.queue().isEmpty)
        try sink.killNow()
    }
}
