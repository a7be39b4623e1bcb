import Foundation
import Glibc
import TestKit
import Testing

@Suite("Round trips over a restart", .scenario)
struct RoundTripRestartTests {
    enum End: CaseIterable { case stopped, killed }

    private static func end(_ relay: Relay, _ end: End) throws {
        switch end {
        case .stopped: #expect(try relay.stop() == .code(0))
        case .killed: try relay.process.killNow()
        }
    }

    @Test("an upstream that loses mail is still to blame after a SIGKILL, and gets no mail")
    func blame() throws {
        let office = try PostOffice(primary: "--fault", "delivery discard")
        let relay = try Relay(
            office.config(RoundTripTable(lines: ["action = \"open\""], mailbox: office.mailbox)))
        try relay.waitForNews("circuit") { $0.new == "open" }
        let since = try #require(try relay.trip(through: "primary").since)
        try relay.process.killNow()
        try relay.restart()
        try relay.waitForNews("round_trip_blame") { $0.state == "blamed" && $0.upstream == "primary" }
        let trip = try relay.trip(through: "primary")
        #expect(trip.state == "missing" && trip.since == since)
        _ = try Burst(TestMail.series("after", 5), to: relay.port).finish()
        try relay.waitForMail(5)
        #expect(relay.mail().allSatisfy { $0.upstream == "secondary" })
        let mended = relay.mark
        try office.primary.killNow()
        try office.primary.restart("--name", "primary", "--deliver-to", office.smtp)
        try relay.waitForNews("round_trip_blame", from: mended) { $0.state == "acquitted" }
        #expect(try relay.stop() == .code(0))
    }

    /// Probes take their time, so that some are under way whenever what is known is written, and arrive before the end.
    @Test("no probe is sent twice, none counts twice, and none that has arrived is lost", arguments: End.allCases)
    func probes(end: End) throws {
        let office = try PostOffice(primary: "--fault", "delivery delay=1500ms")
        let relay = try Relay(office.config(RoundTripTable(mailbox: office.mailbox)))
        let state = relay.spoolPath + "/round-trips.state"
        try relay.waitForProbes(2, "arrived", through: "primary")
        while !FileManager.default.fileExists(atPath: state) { _ = try relay.trips() }
        let written = relay.mark
        try relay.waitForProbes(3, "arrived", through: "primary", from: written)
        try Self.end(relay, end)
        let before = relay.news("round_trip_probe")
        try relay.restart()
        try relay.waitForProbes(4, "arrived", through: "primary")
        #expect(try relay.stop() == .code(0))
        let after = relay.news("round_trip_probe")
        #expect((before + after).allSatisfy { $0.outcome != "missing" && $0.outcome != "doubled" })
        #expect(relay.news("round_trip").allSatisfy { $0.to == "ok" })
        let books = try office.primary.books() + office.secondary.books()
        #expect(Set(books.compactMap(\.message_id)).count == books.count)
        // Each probe is under one outcome.
        let ended = (before + after).filter { $0.outcome == "arrived" }
        #expect(Set(ended.map { "\($0.upstream ?? "") \($0.sent_at ?? "")" }).count == ended.count)
        #expect(ended.count <= books.count)
    }

    @Test("files that are damaged are set aside, a damaged key is replaced, and round trips go on")
    func damaged() throws {
        let office = try PostOffice()
        let relay = try Relay(office.config(RoundTripTable(mailbox: office.mailbox)))
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream) }
        #expect(try relay.stop() == .code(0))
        let names = ["state", "history", "journal"].filter {
            FileManager.default.fileExists(atPath: "\(relay.spoolPath)/round-trips.\($0)")
        }
        #expect(names.contains("state") && names.contains("journal"))
        for name in names + ["key"] {
            let path = "\(relay.spoolPath)/round-trips.\(name)"
            try "PHRP nonsense".write(toFile: path, atomically: true, encoding: .utf8)
        }
        try relay.restart()
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream) }
        let told = relay.news("round_trips_unreadable")
        #expect(Set(told.compactMap(\.path)) == Set(names.map { "\(relay.spoolPath)/round-trips.\($0)" }))
        for line in told { #expect(FileManager.default.fileExists(atPath: line.kept_at ?? "")) }
        let key = try Data(contentsOf: URL(fileURLWithPath: relay.spoolPath + "/round-trips.key"))
        #expect(key.count == 32)
        #expect(try relay.stop() == .code(0))
    }
}
