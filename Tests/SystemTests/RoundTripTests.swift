import Foundation
import TestKit
import Testing

@Suite("Mail that is lost behind a 250", .scenario)
struct LostMailTests {
    private func relay(_ office: PostOffice, action: String) throws -> Relay {
        try Relay(
            office.config(RoundTripTable(lines: ["action = \"\(action)\""], mailbox: office.mailbox)))
    }

    private func losing() throws -> PostOffice {
        try PostOffice(primary: "--faults-off", "--fault", "delivery discard")
    }

    /// Until the round trips have shown both upstreams to work, and then the primary to lose mail.
    private func lose(_ office: PostOffice, _ relay: Relay) throws -> Int {
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream) }
        let mark = relay.mark
        try office.primary.toggleFaults()
        try relay.waitForState("missing", through: "primary", from: mark)
        return mark
    }

    @Test("with action open: the mail goes to the other upstream, and comes back through the ramp")
    func open() throws {
        let office = try losing()
        let relay = try relay(office, action: "open")
        let mark = try lose(office, relay)
        let blame = try relay.waitForNews("round_trip_blame", from: mark) { $0.state == "blamed" }
        #expect(blame.upstream == "primary" && blame.action == "open" && blame.applied == "yes")
        #expect(blame.cause == "2 probes in a row to \(PostOffice.address) are lost")
        let circuit = try relay.waitForNews("circuit", from: mark) { $0.new == "open" }
        #expect(circuit.upstream == "primary" && circuit.cause?.hasPrefix("round_trip: ") == true)
        let sent = try Burst(TestMail.series("lost", 20), to: relay.port).finish()
        #expect(sent.accepted.count == 20)
        try relay.waitForMail(20, from: mark)
        #expect(relay.mail(from: mark).allSatisfy { $0.upstream == "secondary" })
        let missing = try relay.trip(through: "primary")
        #expect(missing.state == "missing" && missing.cause?.hasSuffix("probes in a row are lost") == true)
        #expect(try relay.trip(through: "secondary").state == "ok")

        let mended = relay.mark
        try office.primary.toggleFaults()
        try relay.waitForState("ok", through: "primary", from: mended)
        let end = try relay.waitForNews("round_trip_blame", from: mended)
        #expect(end.state == "acquitted" && end.cause == "round trips arrive again")
        try relay.waitForNews("circuit", from: mended) { $0.new == "closed" && $0.share == "0.5" }
        try relay.waitForNews("circuit", from: mended) { $0.new == "closed" && $0.share == "1.0" }
        _ = try Burst(TestMail.series("back", 20), to: relay.port).finish()
        try relay.waitForMail(20, from: mended)
        #expect(relay.mail(from: mended).allSatisfy { $0.upstream == "primary" })
        let incidents = try relay.tripReport().incidents
        #expect(incidents.map(\.state) == ["missing"] && incidents.first?.ended_at != nil)
        let audit = try relay.command("audit", "list", "--what", "circuit", "--json")
        #expect(audit.output.contains { $0.contains("round_trip: ") })
        #expect(try relay.stop() == .code(0))
    }

    @Test("with action reduce: the upstream keeps the first step of the ramp, and a part of the mail")
    func reduce() throws {
        let office = try losing()
        let relay = try relay(office, action: "reduce")
        let mark = try lose(office, relay)
        try relay.waitForNews("round_trip_blame", from: mark) { $0.action == "reduce" && $0.applied == "yes" }
        try relay.waitForNews("circuit", from: mark) { $0.upstream == "primary" && $0.share == "0.5" }
        _ = try Burst(TestMail.series("reduced", 40), to: relay.port, connections: 1).finish()
        try relay.waitForMail(40, from: mark)
        let upstreams = relay.mail(from: mark).compactMap(\.upstream)
        #expect(Set(upstreams) == ["primary", "secondary"])
        let audit = try relay.command("audit", "list", "--what", "round-trip reduce", "--json")
        #expect(audit.output.count == 1 && audit.output.first?.contains("\"subject\":\"primary\"") == true)
        let mended = relay.mark
        try office.primary.toggleFaults()
        try relay.waitForNews("circuit", from: mended) { $0.new == "closed" && $0.share == "1.0" }
        #expect(try relay.stop() == .code(0))
    }

    @Test("with action alert: somebody is told, and the mail stays where it is")
    func alert() throws {
        let office = try losing()
        let relay = try relay(office, action: "alert")
        let mark = try lose(office, relay)
        try relay.waitForNews("round_trip_blame", from: mark) { $0.action == "alert" && $0.applied == "no" }
        try relay.wait("alert_firing")
        let alerts = try relay.command("alert", "list", "--json")
        #expect(alerts.output.contains { $0.contains("test through primary") })
        _ = try Burst(TestMail.series("alert", 5), to: relay.port).finish()
        try relay.waitForMail(5, from: mark)
        #expect(relay.mail(from: mark).allSatisfy { $0.upstream == "primary" })
        #expect(relay.news("circuit").isEmpty)
        #expect(try relay.stop() == .code(0))
    }

    @Test("an operator's reset gives the upstream its mail back without waiting for probes")
    func reset() throws {
        let office = try losing()
        let relay = try relay(office, action: "open")
        let mark = try lose(office, relay)
        try relay.waitForNews("circuit", from: mark) { $0.new == "open" }
        let before = relay.mark
        #expect(try relay.command("upstream", "reset", "primary", "--reason", "they say so").exit == .code(0))
        try relay.waitForNews("round_trip_blame", from: before) { $0.state == "acquitted" }
        try relay.waitForNews("circuit", from: before) { $0.new == "closed" }
        #expect(try relay.stop() == .code(0))
    }
}

@Suite("The drill of lost mail", .scenario)
struct LostMailDrillTests {
    private struct Report: Decodable {
        var verdict: String
        var left_ms: Int
        var limit_ms: Int
        var full_share_ms: Int
        var steps: Int
    }

    @Test("the upstream is left within missing_after and missing_threshold times every, and gets its mail back")
    func drill() throws {
        let program = try Program(
            Posthorse.executable, ["drill", "--lost-mail", "--every", "1s", "--missing-after", "3s", "--json"])
        #expect(try program.waitForExit(within: .seconds(180)) == .code(0), "\(program.lastWords)")
        let line = try #require(program.output.current.lines.last)
        let report = try JSONDecoder().decode(Report.self, from: Data(line.utf8))
        #expect(report.verdict == "passed" && report.limit_ms == 5000 && report.left_ms <= report.limit_ms)
        #expect(report.steps > 0 && report.full_share_ms > 0)
    }
}

@Suite("Mail that comes late", .scenario)
struct LateMailTests {
    @Test("the round trip is late, and nothing is done to the upstream")
    func late() throws {
        // Mailboxes tell the time of arrival in whole seconds.
        let office = try PostOffice(primary: "--fault", "delivery delay=3500ms")
        let relay = try Relay(
            office.config(
                RoundTripTable(
                    lateAfter: "1s", missingAfter: "20s", lines: ["action = \"open\""], mailbox: office.mailbox)))
        try relay.waitForState("late", through: "primary")
        try relay.waitForState("ok", through: "secondary")
        try relay.waitForProbes(3, "late", through: "primary")
        let trip = try relay.trip(through: "primary")
        #expect(trip.state == "late" && (trip.last_seconds ?? 0) >= 1 && trip.availability_24h == 1)
        _ = try Burst(TestMail.series("late", 5), to: relay.port).finish()
        try relay.waitForMail(5)
        #expect(relay.mail().allSatisfy { $0.upstream == "primary" })
        #expect(relay.news("round_trip_blame").isEmpty && relay.news("circuit").isEmpty)
        #expect(try relay.stop() == .code(0))
        #expect(relay.news("round_trip_probe").allSatisfy { $0.outcome != "missing" })
    }
}

@Suite("A mailbox whose password has changed", .scenario)
struct ChangedPasswordTests {
    @Test("no upstream is blamed, the cause says what to do, and the new password needs no reload")
    func changed() throws {
        let office = try PostOffice()
        let relay = try Relay(
            office.config(
                RoundTripTable(missingAfter: "120s", lines: ["action = \"open\""], mailbox: office.mailbox)))
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream) }
        let mark = relay.mark
        try office.changePassword()
        for upstream in ["primary", "secondary"] {
            try relay.waitForState("mailbox_unreachable", through: upstream, from: mark)
        }
        let told = try relay.waitForNews("round_trip_mailbox", from: mark)
        #expect(told.state == "unreachable" && told.mailbox == PostOffice.address)
        for trip in try relay.trips() {
            #expect(trip.state == "mailbox_unreachable")
            #expect(trip.cause?.contains("the server refuses the login") == true, "\(trip.cause ?? "")")
            let advice = "(if the password has changed, write the new one into \(office.known))"
            #expect(trip.cause?.hasSuffix(advice) == true, "\(trip.cause ?? "")")
            #expect(trip.cause?.contains("sesame") == false)
        }
        let mended = relay.mark
        try office.tellPassword()
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream, from: mended) }
        try relay.waitForNews("round_trip_mailbox", from: mended) { $0.state == "ok" }
        #expect(relay.news("round_trip_blame").isEmpty && relay.news("circuit").isEmpty)
        #expect(relay.count("reloaded") == 0)
        #expect(try relay.stop() == .code(0))
    }
}

extension Relay {
    /// Deliveries of mail that is no probe, from a mark on.
    func mail(from mark: Int = 0) -> [LogLine] {
        Self.mail(in: process.errors.current.lines.dropFirst(mark))
    }

    func waitForMail(_ count: Int, from mark: Int = 0) throws {
        _ = try process.waitForErrors("\(count) deliveries", from: mark, within: .seconds(40)) {
            Self.mail(in: $0).count >= count ? true : nil
        }
    }

    private static func mail(in lines: ArraySlice<String>) -> [LogLine] {
        lines.filter { $0.contains("\"event\":\"delivered\"") && !$0.contains(PostOffice.address) }
            .compactMap(LogLine.init)
    }
}
