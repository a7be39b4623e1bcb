import Testing

@Suite("Hostile mailboxes", .scenario)
struct HostileMailboxTests {
    /// In KiB: the session's buffers, for each of the servers, and what its allocator keeps of them.
    private static let allowance = 160 << 10

    @Test("endless lines, literals of 4 GiB and lies: memory stays bounded, and mail goes its way")
    func harm() throws {
        let servers = try HostileMailbox.Harm.allCases.map { ($0, try HostileMailbox($0)) }
        let sink = try Sink()
        let directory = try Account()
        var config = RelayConfig(sink.upstream("primary"))
        config.tables = servers.flatMap { harm, server in
            let mailbox = [
                "address = \"\(server.address)\"", "tls = \"off\"", "username = \"\(harm.rawValue)@example.net\"",
                "password_file = \"\(directory.file)\"",
            ]
            return RoundTripTable(name: harm.rawValue, mailbox: mailbox).text
        }
        let relay = try Relay(config)
        let before = try Self.memory(of: relay)
        let mails = TestMail.series("mail", 1000)
        let burst = Burst(mails, to: relay.port)
        for (harm, server) in servers {
            try relay.waitForNews("round_trip_mailbox") {
                $0.mailbox == "\(harm.rawValue)@example.net" && $0.state == "unreachable"
            }
            #expect(server.visits.current >= 2)
        }
        let sent = try burst.finish()
        #expect(sent.accepted.count == 1000)
        try relay.waitForMail(1000)
        let peak = try Self.memory(of: relay, "VmHWM")
        #expect(peak - before < Self.allowance, "\(before) KiB, then \(peak) KiB")
        for trip in try relay.trips() {
            #expect(trip.state == "mailbox_unreachable", "\(trip.name): \(trip.cause ?? "")")
        }
        #expect(try relay.stop() == .code(0))
        #expect(relay.news("round_trip_blame").isEmpty && relay.news("circuit").isEmpty)
    }

    /// In KiB.
    private static func memory(of relay: Relay, _ name: String = "VmRSS") throws -> Int {
        let text = try #require(try ProcessStatus(relay.process.pid)[name])
        return try #require(Int(text.prefix { $0.isNumber }))
    }
}
