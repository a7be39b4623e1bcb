import Foundation
import TestKit
import Testing

/// RFC 6152.
@Suite("8-bit content, end to end", .scenario)
struct EightBitTests {
    private func send(_ relay: Relay, _ text: String, _ parameter: String = " BODY=8BITMIME") throws {
        let client = try relay.connect()
        try client.greet()
        try #require(try client.ask("MAIL FROM:<a@example.com>\(parameter)").hasPrefix("250 "))
        try #require(try client.ask("RCPT TO:<b@example.net>").hasPrefix("250 "))
        try #require(try client.ask("DATA").hasPrefix("354 "))
        try #require(try client.ask("Subject: x\r\n\r\n\(text)\r\n.").hasPrefix("250 "))
    }

    @Test("ASCII declared as 8-bit goes to an upstream without 8BITMIME, after a restart too")
    func declared() throws {
        let sink = try Sink(options: ["--no-8bitmime"], keepsContent: true)
        try sink.killNow()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try send(relay, "ASCII")
        try relay.stop()
        try relay.restart()
        try sink.restart("--no-8bitmime")
        try sink.wait(for: 1)
        let line = try #require(try sink.books().first)
        #expect(line.mail_parameters?.contains("BODY") != true)
        #expect(String(decoding: try sink.content(of: line), as: UTF8.self).hasSuffix("\r\n\r\nASCII\r\n"))
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }

    @Test("8-bit content goes to the upstream that accepts it", arguments: [true, false])
    func elsewhere(isDeclared: Bool) throws {
        let (primary, secondary) = (try Sink("--no-8bitmime"), try Sink())
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        try send(relay, "\u{E9}", isDeclared ? " BODY=8BITMIME" : "")
        // Undeclared content goes as always.
        try (isDeclared ? secondary : primary).wait(for: 1)
        #expect(try secondary.books().first?.mail_parameters?.contains("BODY=8BITMIME") == (isDeclared ? true : nil))
        try relay.stop()
        #expect(try primary.end().bad_commands == 0)
    }

    /// Writes mails into a directory, sends them, then reads and compares what arrived.
    private static let script = """
        import base64, email, os, quopri, random, smtplib, sys

        def octets(r, count):
            out = b""
            while len(out) < count:
                out += r.choice([b"\\r\\n", b" ", b"\\t", b"\\xc3\\xa9", bytes([r.randrange(128, 256)]), b"--b", b"=", b"..",
                                 b"y" * r.choice([1, 75, 76, 77, 150]), bytes(r.choices(b"abc XYZ-;", k=9))])
            return out

        def label(r, word):
            name = r.choice([b"Content-Transfer-Encoding", b"content-transfer-encoding"])
            return name + r.choice([b": ", b":", b":\\r\\n "]) + r.choice([word, word.upper()]) + b"\\r\\n"

        def entity(r, depth):
            kind = r.choice(["text", "text", "other"] + ["many", "message"] * (depth < 4))
            fields = [b"MIME-Version: 1.0\\r\\n"]
            if kind == "many":
                name = b"b %d.%d" % (depth, r.randrange(10**9))
                fields.append(b'Content-Type: multipart/mixed;\\r\\n\\tboundary="' + name + b'"\\r\\n')
                fields += [label(r, b"8bit")] * r.randrange(2)
                parts = [entity(r, depth + 1) + b"\\r\\n" for _ in range(r.randrange(1, 4))]
                body = b"pre\\r\\n" + b"".join(b"--" + name + b"\\r\\n" + part for part in parts)
                body += b"--" + name + b"--\\r\\n\\xc3\\xa9"
            elif kind == "message":
                fields += [b"Content-Type: message/rfc822\\r\\n", label(r, r.choice([b"7bit", b"8bit"]))]
                body = entity(r, depth + 1)
            else:
                body = octets(r, r.choice([0, 10, 300, 300, 3000, 90000]))
                types = {"text": b"text/plain; charset=utf-8", "other": b"application/octet-stream"}
                fields.append(b"Content-Type: " + types[kind] + b"\\r\\n")
                word = r.choice([b"", b"8bit", b"8bit", b"base64", b"quoted-printable"])
                fields += [label(r, word)] * bool(word)
                if word == b"base64": body = base64.encodebytes(body).replace(b"\\n", b"\\r\\n")
                if word == b"quoted-printable":
                    body = quopri.encodestring(body.replace(b"\\r\\n", b"\\n")).replace(b"\\n", b"\\r\\n")
            r.shuffle(fields)
            return b"".join(fields) + b"\\r\\n" + body

        def leaves(message):
            if message.is_multipart(): return [leaf for part in message.get_payload() for leaf in leaves(part)]
            return [(message.get_content_type(), message.get_payload(decode=True).replace(b"\\r\\n", b"\\n"))]

        def send(port, directory, count):
            smtp = smtplib.SMTP("127.0.0.1", port)
            for seed in range(count):
                mail = b"Message-ID: <%d@x>\\r\\n" % seed + entity(random.Random(seed), 0) + b"\\r\\n"
                open("%s/%d" % (directory, seed), "wb").write(mail)
                smtp.sendmail("a@example.com", ["b@example.net"], mail, ["BODY=8BITMIME"])
            smtp.quit()

        def compare(directory, store, count):
            seen = set()
            for name in os.listdir(store):
                mail = open(store + "/" + name, "rb").read()
                seed = email.message_from_bytes(mail)["Message-ID"][1:-3]
                seen.add(int(seed))
                before = email.message_from_bytes(open(directory + "/" + seed, "rb").read())
                assert leaves(before) == leaves(email.message_from_bytes(mail)), seed
                assert mail.isascii(), seed
            assert seen == set(range(count)), seen

        if sys.argv[1] == "send": send(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        else: compare(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        """

    @Test(
        "an independent program reads re-encoded mails of every kind unchanged",
        .needs("python3"))
    func downgraded() throws {
        let sink = try Sink(options: ["--no-8bitmime"], keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("sink", "downgrade_8bit = true")))
        let directory = try TemporaryDirectory()
        let count = 150
        _ = try Tool.run("python3", "-c", Self.script, "send", "\(relay.port)", directory.path, "\(count)")
        try sink.wait(for: count)
        try relay.wait(for: count, "delivered")
        _ = try Tool.run(
            "python3", "-c", Self.script, "compare", directory.path, sink.directory.path + "/store", "\(count)")
        try relay.stop()
        #expect(try sink.end().bad_commands == 0)
    }
}
