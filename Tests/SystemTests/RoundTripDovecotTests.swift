import Foundation
import TLS
import TestKit
import Testing

@Suite("Round trips to a Dovecot", .scenario, .needs("dovecot"))
struct RoundTripDovecotTests {
    struct Way: CustomTestStringConvertible, Sendable {
        var type: String
        var tls: String
        var port: Dovecot.Port
        var mechanisms: String
        /// In the server's log.
        var method: String

        var testDescription: String { "\(type), \(tls), \(mechanisms)" }
    }

    private static let ways = [
        Way(type: "imap", tls: "implicit", port: .imaps, mechanisms: "scram-sha-256", method: "SCRAM-SHA-256"),
        Way(type: "imap", tls: "starttls", port: .imap, mechanisms: "plain", method: "PLAIN"),
        Way(type: "pop3", tls: "starttls", port: .pop3, mechanisms: "plain login scram-sha-256", method: ""),
    ]

    private let certificates: TestCertificates

    init() throws {
        certificates = try TestCertificates()
    }

    private func mailbox(_ dovecot: Dovecot, _ way: Way) throws -> [String] {
        let file = dovecot.directory.path + "/password"
        try "sesame\n".write(toFile: file, atomically: true, encoding: .utf8)
        return [
            "type = \"\(way.type)\"", "address = \"\(dovecot.address):\(way.port.rawValue)\"", "tls = \"\(way.tls)\"",
            "ca_file = \"\(certificates.authorityFile)\"", "tls_name = \"\(TestCertificates.name)\"",
            "username = \"\(Dovecot.username)\"", "password_file = \"\(file)\"",
        ]
    }

    private func config(
        _ dovecot: Dovecot, _ way: Way, _ sinks: [(name: String, sink: Sink)]
    ) throws -> RelayConfig {
        var config = RelayConfig()
        config.upstreams = sinks.map { $0.sink.upstream($0.name) }
        config.log = ["format = \"json\"", "level = \"debug\""]
        config.tables =
            RoundTripTable(
                lateAfter: "20s", missingAfter: "20s", lines: ["recipient = \"\(PostOffice.address)\""],
                mailbox: try mailbox(dovecot, way)
            ).text
        return config
    }

    private func sinks(_ door: DovecotDoor) throws -> [(name: String, sink: Sink)] {
        try ["primary", "secondary"].map { ($0, try Sink("--name", $0, "--deliver-to", door.address)) }
    }

    @Test("probes are found and deleted; other mail stays, with its flags", arguments: ways)
    func arrival(way: Way) throws {
        let dovecot = try Dovecot(try certificates.server(TestCertificates.name), mechanisms: way.mechanisms)
        let door = try DovecotDoor(dovecot)
        defer { door.close() }
        let sinks = try sinks(door)
        try dovecot.deliver(TestMail(tag: "unseen").content)
        try dovecot.place(TestMail(tag: "flagged").content, flags: "FS")
        let relay = try Relay(try config(dovecot, way, sinks))
        for (name, _) in sinks {
            try relay.waitForState("ok", through: name)
            try relay.waitForProbes(2, "arrived", through: name)
        }
        try dovecot.waitForLog("method=\(way.method)")
        for trip in try relay.trips() {
            #expect(trip.state == "ok" && trip.inbox_share == 1 && trip.junk_share == 0 && trip.availability_24h == 1)
        }
        #expect(try relay.stop() == .code(0))
        #expect(relay.news("round_trip_kept").isEmpty)
        // Probes that came after the last look wait for the next start; each that was found is gone.
        let flags = try dovecot.flags()
        #expect(flags["unseen"] == "" && flags["flagged"] == "FS")
        let left = try dovecot.count("INBOX") - 2
        let report = relay.news("round_trip_probe")
        let (sent, arrived) = (report.filter { $0.outcome == "sent" }, report.filter { $0.outcome == "arrived" })
        #expect(left <= sent.count - arrived.count)
    }

    @Test("probes that Sieve takes for junk: the list and the report say which upstream's")
    func junk() throws {
        let dovecot = try Dovecot(try certificates.server(TestCertificates.name))
        try dovecot.setSieve(
            "require [\"fileinto\"]; if header :contains \"received\" \"by primary\" { fileinto \"Junk\"; }")
        let door = try DovecotDoor(dovecot)
        defer { door.close() }
        let sinks = try sinks(door)
        let relay = try Relay(try config(dovecot, Self.ways[0], sinks))
        for (name, _) in sinks { try relay.waitForProbes(2, "arrived", through: name) }
        let (primary, secondary) = (try relay.trip(through: "primary"), try relay.trip(through: "secondary"))
        #expect(primary.state == "ok" && primary.junk_share == 1 && primary.inbox_share == 0)
        #expect(secondary.state == "ok" && secondary.junk_share == 0 && secondary.inbox_share == 1)
        let lines = try relay.tripReport().round_trips
        #expect(lines.map(\.junk_share) == [1, 0] && lines.map(\.missing) == [0, 0])
        let table = try relay.command("round-trip", "report")
        #expect(table.exit == .code(0) && table.output.contains { $0.hasPrefix("test") && $0.hasSuffix("100%") })
        #expect(try relay.stop() == .code(0))
    }
}
