import Glibc
import Testing

@Suite("Hostile clients", .scenario)
struct HostileClientTests {
    /// A relay between two good messages; whatever happens between them must harm neither.
    private func between(_ listener: [String] = [], _ attack: (Relay) throws -> Void) throws {
        let sink = try Sink(keepsContent: true)
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = listener
        let relay = try Relay(config)
        let good = TestMail.series("good", 2)
        for mail in good {
            let client = try relay.connect()
            try client.greet()
            #expect(try client.deliver(mail).hasPrefix("250 "))
            if mail == good[0] { try attack(relay) }
        }
        try sink.wait(for: 2)
        #expect(try relay.stop() == .code(0))
        #expect(try sink.books().flatMap(\.recipients).sorted() == good.map(\.recipient))
        try sink.checkContent(of: good)
        #expect(try relay.queue().isEmpty)
    }

    @Test("one octet at a time, and never a whole command: 421 when the time is up")
    func slow() throws {
        try between(["command_timeout = \"1s\""]) { relay in
            let client = try SMTPConnection(port: relay.port, within: .milliseconds(100))
            #expect(try client.reply().hasPrefix("220 "))
            let start = ContinuousClock.now
            repeat { try client.send("E") } while try !client.hasNews() && .now - start < .seconds(10)
            #expect(try client.reply().hasPrefix("421 4.4.2 "))
        }
    }

    @Test("content that stops: 421 when the time is up, and the message is not accepted")
    func silentInData() throws {
        try between(["data_timeout = \"1s\""]) { relay in
            let client = try relay.connect()
            try client.greet()
            try client.send(Self.transaction)
            for _ in 0..<3 { _ = try client.reply() }
            try client.send("Subject: half\r\n\r\nha")
            #expect(try client.reply().hasPrefix("421 4.4.2 "))
        }
    }

    @Test("an endless line is refused once, and dropped as it arrives")
    func endlessLine() throws {
        try between { relay in
            let client = try relay.connect()
            try client.greet()
            let block = [UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20)
            for _ in 0..<20 { try client.send(block) }
            try client.send("\r\n")
            #expect(try client.reply().hasPrefix("500 5.5.2 "))
            #expect(try client.ask("NOOP").hasPrefix("250 "))
        }
    }

    /// What has been sent when the client disconnects.
    static let beginnings = [
        "half a command": "MAIL FRO", "a transaction": transaction, "half a header": transaction + "Subject: x",
        "content with a dot": transaction + "Subject: x\r\n\r\nx\r\n.",
        "content with a dot and CR": transaction + "Subject: x\r\n\r\nx\r\n.\r",
    ]
    private static let transaction = "MAIL FROM:<a@example.com>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\n"

    @Test("disconnected in the middle: nothing of it is accepted", arguments: beginnings.keys.sorted(), [true, false])
    func gone(_ beginning: String, byReset: Bool) throws {
        try between { relay in
            let client = try relay.connect()
            try client.greet()
            try client.send(try #require(Self.beginnings[beginning]))
            if byReset { client.reset() } else { client.close() }
        }
    }

    @Test("a browser gets an error, and its request is not mail")
    func http() throws {
        try between { relay in
            let client = try relay.connect()
            try client.send(
                "POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<evil@example.net>\r\n")
            let answer = try client.readToEnd()
            #expect(answer.contains("\r\n421 4.7.0 ") && !answer.contains("250 "), "\(answer)")
        }
    }

    static let falseEnds = [
        "LF . LF": "\n.\n", "LF . CR LF": "\n.\r\n", "CR . CR LF": "\r.\r\n", "CR . CR": "\r.\r",
        "CR LF . LF": "\r\n.\n",
        "CR LF . CR": "\r\n.\r", "CR LF NUL . CR LF LF . LF": "\r\n\0.\r\n\n.\n",
        "CR LF NUL . CR LF": "\r\n\0.\r\n", "CR LF . NUL CR LF": "\r\n.\0\r\n",
        "CR LF NUL . NUL NUL CR LF": "\r\n\0.\0\0\r\n",
        "CR NUL LF . CR LF": "\r\0\n.\r\n",
    ]

    @Test(
        "a false end of data: refused, and no message is smuggled in", arguments: falseEnds.keys.sorted())
    func smuggling(_ name: String) throws {
        let end = try #require(Self.falseEnds[name])
        try between { relay in
            let client = try relay.connect()
            try client.greet()
            try client.send(Self.transaction)
            for _ in 0..<3 { _ = try client.reply() }
            let hidden = "MAIL FROM:<b@example.com>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\nx\r\n"
            try client.send("Subject: x\r\n\r\nx" + end + hidden + "\r\n.\r\n")
            #expect(try client.reply().hasPrefix("550 5.6.0 "))
            #expect(try client.ask("NOOP").hasPrefix("250 2.0.0 "))
        }
    }

    @Test("2,000 concurrent connections are greeted, and mail continues among them")
    func manyConnections() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try between { relay in
            let clients = try (0..<2000).map { _ in try relay.connect() }
            for client in clients { #expect(try client.reply().hasPrefix("220 ")) }
            for client in clients.prefix(50) {
                try client.send("EHLO many.example\r\n")
                #expect(try client.reply().hasPrefix("250 "))
            }
        }
    }

    @Test("a client that may not relay is refused before it says a word")
    func notAllowed() throws {
        try between([
            "allow = [\"127.0.0.1/32\"]", "[[listener]]", "address = \"127.0.0.1:0\"", "allow = [\"10.0.0.0/8\"]",
        ]) {
            relay in
            let ports = try relay.listeningPorts(2)
            let client = try SMTPConnection(port: try #require(ports.first { $0 != relay.port }))
            #expect(try client.readToEnd().hasPrefix("554 5.7.1 "))
        }
    }
}

extension Relay {
    /// The ports of all listeners.
    func listeningPorts(_ count: Int) throws -> [UInt16] {
        try wait(for: count, "listening")
        return process.errors.current.lines.filter { $0.contains("\"event\":\"listening\"") }.compactMap(Self.port)
    }
}
