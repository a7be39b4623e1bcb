import Foundation
import TestKit
import Testing

@Suite("Mailboxes of test upstreams", .scenario)
struct SinkMailboxTests {
    /// The second address that a sink prints.
    private static func mailboxes(of sink: Sink) throws -> String {
        try sink.process.waitForOutput("mailboxes") { $0.hasPrefix("127.") && $0 != sink.address ? $0 : nil }
    }

    @Test("Python's imaplib finds and deletes what came through two sinks", .needs("python3"))
    func imaplib() throws {
        let mailbox = try Sink("--name", "mailbox", "--imap", "127.0.0.1:0")
        let imap = try Self.mailboxes(of: mailbox)
        for (number, name) in [(1, "primary"), (2, "secondary")] {
            let sink = try Sink("--name", name, "--deliver-to", mailbox.address)
            let client = try SMTPConnection(port: sink.port, host: sink.host)
            try client.greet()
            #expect(try client.deliver(TestMail(tag: "probe")).hasPrefix("250 "))
            try mailbox.process.waitForOutput("message") { $0.hasPrefix("message \(number) ") ? () : nil }
        }
        let script = """
            import imaplib, sys
            m = imaplib.IMAP4(sys.argv[1], int(sys.argv[2]))
            m.login("probe@example.net", "any")
            print(m.list()[1])
            m.select("INBOX")
            found = []
            while len(found) < 2:
                m.noop()
                found = m.uid("SEARCH", None, "UNDELETED")[1][0].split()
            for uid in found:
                print(m.uid("FETCH", uid, "(INTERNALDATE BODY.PEEK[HEADER.FIELDS (RECEIVED)])")[1][0][1].decode())
                m.uid("STORE", uid, "+FLAGS.SILENT", "(\\\\Deleted)")
            print(m.expunge()[1])
            print(m.uid("SEARCH", None, "ALL")[1])
            m.logout()
            """
        let parts = imap.split(separator: ":").map(String.init)
        let text = try Tool.run("python3", "-c", script, parts[0], parts[1])
        #expect(text.contains("by primary with ESMTP id 1;") && text.contains("by secondary with ESMTP id 1;"))
        #expect(text.contains(#"(\\HasNoChildren \\Junk) "/" Junk"#))
        #expect(text.hasSuffix("[b'2', b'1']\n[b'']"))
    }

    @Test("curl reads the newest message", .needs("curl"))
    func curl() throws {
        let sink = try Sink("--imap", "127.0.0.1:0")
        let client = try SMTPConnection(port: sink.port, host: sink.host)
        try client.greet()
        #expect(try client.deliver(TestMail(tag: "friend")).hasPrefix("250 "))
        let imap = try Self.mailboxes(of: sink)
        var text = ""
        while !text.contains("Subject: friend") {
            text = try Tool.run("curl", "-sS", "-u", "friend@example.net:any", "imap://\(imap)/INBOX;UID=*")
        }
        #expect(text.contains("Return-Path: <"))
    }
}
