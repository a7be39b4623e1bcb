import Foundation
import TestKit
import Testing

@Suite("Commands about round trips", .scenario)
struct RoundTripCommandTests {
    private let office: PostOffice

    init() throws {
        office = try PostOffice(primary: "--faults-off", "--fault", "delivery discard")
    }

    private func table(_ name: String = "test") -> RoundTripTable {
        RoundTripTable(name: name, every: "60s", lateAfter: "2s", missingAfter: "2s", mailbox: office.mailbox)
    }

    private static func names(_ line: String?) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data((line ?? "").utf8)) as? [String: Any]
        return Set(object?.keys.map { $0 } ?? [])
    }

    @Test("run says where each probe has arrived, and exits by that")
    func run() throws {
        let relay = try Relay(office.config(table()))
        let rehearsal = try relay.command("round-trip", "run", "--dry-run")
        #expect(rehearsal.exit == .code(0) && rehearsal.output.count == 2)
        let done = try relay.command("round-trip", "run", "test", "--upstream", "secondary", "--reason", "trying")
        #expect(done.exit == .code(0), "\(done.errors)")
        #expect(done.output.first?.hasPrefix("test through secondary: arrived after ") == true)
        #expect(done.output.contains { $0.hasPrefix("    +") && $0.contains("secondary") }, "\(done.output)")
        let json = try relay.command("round-trip", "run", "--upstream", "primary", "--json")
        #expect(json.exit == .code(0) && json.output.count == 1)
        let names = try Self.names(json.output.first)
        #expect(names.isSuperset(of: ["name", "upstream", "mailbox", "result", "seconds", "folder", "hops"]))
        #expect(try relay.command("round-trip", "run", "nobody").exit == .code(66))
        #expect(try relay.command("round-trip", "run", "--wait", "2h").exit == .code(64))
        try office.primary.toggleFaults()
        let lost = try relay.command("round-trip", "run", "--upstream", "primary")
        #expect(lost.exit == .code(69))
        #expect(lost.output == ["test through primary: missing, it is not in \(PostOffice.address)"])
        let audit = try relay.command("audit", "list", "--what", "round-trip run", "--json")
        #expect(audit.output.count >= 3 && audit.output.contains { $0.contains("\"reason\":\"trying\"") })
        #expect(try relay.stop() == .code(0))
    }

    @Test("list and report, for people and for programs")
    func reports() throws {
        let token = try API.Token()
        var config = office.config(table())
        config.admin = ["http = \"127.0.0.1:0\""]
        config.tables += token.table("ops", "read")
        let relay = try Relay(config)
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", through: upstream) }
        let list = try relay.command("round-trip", "list")
        #expect(list.exit == .code(0) && list.output.count == 3 && list.output.first?.hasPrefix("NAME") == true)
        #expect(list.output.allSatisfy { $0.count <= 80 }, "\(list.output)")
        #expect(list.output.dropFirst().allSatisfy { $0.contains(" ok ") })
        let html = try relay.command("round-trip", "report", "--format", "html")
        let text = html.output.joined(separator: "\n")
        #expect(text.lowercased().hasPrefix("<!doctype html>") && text.contains("primary") && text.contains("<svg"))
        #expect(!text.contains("http://") || !text.contains("<script"))
        let csv = try relay.command("round-trip", "report", "--format", "csv")
        #expect(csv.output.count == 3 && csv.output.first?.hasPrefix("from,until,name,upstream,mailbox,sent,") == true)
        let points = try relay.command("round-trip", "report", "--format", "csv", "--part", "points")
        #expect(points.output.count >= 3 && points.output.first?.hasPrefix("start,name,") == true)
        #expect(try relay.tripReport().round_trips.map(\.arrived).allSatisfy { $0 >= 1 })
        let file = relay.directory.path + "/report.html"
        #expect(try relay.command("round-trip", "report", "--output", file).exit == .code(0))
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("primary"))
        // Nothing is overwritten.
        #expect(try relay.command("round-trip", "report", "--output", file).exit != .code(0))
        let empty = try relay.command("round-trip", "report", "--name", "nobody")
        #expect(empty.output.first?.hasPrefix("No probe was sent ") == true)
        let events = try relay.command("events", "--type", "round_trip", "--json")
        #expect(events.output.count == 2 && events.output.allSatisfy { $0.contains("\"to\":\"ok\"") })
        let metrics = try API(relay, token: token).curl("/metrics").body
        let labels = "name=\"test\",upstream=\"primary\""
        #expect(metrics.contains("posthorse_round_trip_state{\(labels),state=\"ok\"} 1"))
        #expect(metrics.contains("posthorse_round_trip_state{\(labels),state=\"missing\"} 0"))
        #expect(metrics.contains("posthorse_round_trip_probes_total{\(labels),outcome=\"arrived\"} "))
        #expect(metrics.contains("posthorse_round_trip_arrivals_total{\(labels),folder=\"inbox\"} "))
        #expect(metrics.contains("posthorse_round_trip_seconds_count{\(labels),stage=\"total\"} "))
        #expect(!metrics.contains(PostOffice.address))
        #expect(try relay.stop() == .code(0))
    }

    @Test("a reload adds, changes and removes round trips")
    func reload() throws {
        var bare = office.config()
        bare.log = ["format = \"json\"", "level = \"debug\""]
        let relay = try Relay(bare)
        #expect(try relay.command("round-trip", "list").output == ["No round trips: relay.conf has no [[round_trip]]."])
        try relay.reload(office.config(table("first")))
        for upstream in ["primary", "secondary"] { try relay.waitForState("ok", of: "first", through: upstream) }
        var changed = table("first")
        changed.lines = ["upstreams = [\"secondary\"]", "action = \"alert\""]
        let rehearsal = try relay.rewrite(office.config(changed, table("second")))
            .command("reload", "--dry-run", "--json")
        #expect(rehearsal.output.joined().contains("second") && rehearsal.output.joined().contains("upstreams"))
        let mark = relay.mark
        #expect(try relay.command("reload").exit == .code(0))
        try relay.waitForState("ok", of: "second", through: "primary", from: mark)
        let trips = try relay.trips()
        let paths = ["first secondary", "second primary", "second secondary"]
        #expect(trips.map { "\($0.name) \($0.upstream ?? "")" } == paths)
        // What was known is kept.
        #expect(trips.first?.state == "ok" && trips.first?.sent_24h == 1)
        try relay.reload(bare)
        #expect(try relay.trips().isEmpty)
        let audit = try relay.command("audit", "list", "--what", "reload", "--json")
        #expect(audit.output.contains { $0.contains("round_trip first") || $0.contains("round_trip") })
        #expect(try relay.stop() == .code(0))
    }

    @Test(
        "check finds mistakes",
        arguments: [
            (#"late_after = "1h""#, "missing_after"), (#"upstreams = ["tertiary"]"#, "tertiary"),
            (#"upstreams = []"#, "no probe is sent"), (#"every = "100ms""#, "every"),
            (#"action = "close""#, "action"), (#"sender = "nobody""#, "sender"),
        ] as [(String, String)])
    func check(line: String, problem: String) throws {
        var config = office.config()
        let key = line.prefix { $0 != " " }
        let text = table().text
        let place = text.firstIndex(of: "[round_trip.mailbox]") ?? 0
        config.tables += text[..<place].filter { !$0.hasPrefix(key) } + [line] + text[place...]
        let directory = try TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        try config.text(in: directory.path, spoolPath: directory.path + "/spool")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let result = try Posthorse.run("check", "--config", path)
        #expect(result.exit == .code(78))
        let said = (result.output + result.errors).joined(separator: "\n")
        #expect(said.contains("round_trip") && said.contains(problem), "\(said)")
    }
}

extension Relay {
    @discardableResult
    func rewrite(_ config: RelayConfig) throws -> Relay {
        try config.text(in: directory.path, spoolPath: spoolPath)
            .write(toFile: configPath, atomically: true, encoding: .utf8)
        return self
    }

    func reload(_ config: RelayConfig) throws {
        let result = try rewrite(config).command("reload")
        guard result.exit == .code(0) else { throw ScenarioError("reload: \(result.output) \(result.errors)") }
    }
}
