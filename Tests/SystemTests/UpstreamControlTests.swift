import Foundation
import Testing

@Suite("Operators control upstreams", .scenario)
struct UpstreamControlTests {
    private func control(_ relay: Relay, _ words: String...) throws -> [String: Any] {
        let result = try relay.command(["upstream"] + words + ["--json"])
        #expect(result.exit == .code(0), "\(result.errors)")
        let line = try #require(result.output.first)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test("a disabled upstream stays disabled across a restart, gets nothing, and comes back by enable")
    func disabled() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        let answer = try control(relay, "disable", "primary", "--reason", "audit")
        #expect(answer["admin_state"] as? String == "disabled")
        #expect(answer["admin_reason"] as? String == "audit")
        #expect(try relay.stop() == .code(0))
        try relay.restart()
        let shown = try control(relay, "show", "primary")
        #expect(shown["admin_state"] as? String == "disabled")
        _ = try Burst(TestMail.series("disabled", 10), to: relay.port).finish()
        try secondary.wait(for: 10)
        #expect(try primary.books().isEmpty)
        _ = try control(relay, "enable", "primary")
        _ = try Burst(TestMail.series("enabled", 10), to: relay.port).finish()
        try primary.wait(for: 10)
        try relay.wait(for: 1, "upstream_control")
    }

    @Test("an order that cannot be stored is in force, and its answer says that a restart would forget it")
    func unsaved() throws {
        let primary = try Sink()
        let relay = try Relay(RelayConfig(primary.upstream("primary")))
        #expect(try control(relay, "disable", "primary")["unsaved"] is NSNull)
        // A directory stands in the way of the new file.
        let obstacle = relay.spoolPath + "/.upstreams.json.new"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
        let answer = try relay.command("upstream", "enable", "primary")
        #expect(answer.exit == .code(0))
        #expect(answer.output.contains { $0.hasPrefix("In force, but not on disk") })
        let shown = try control(relay, "show", "primary")
        #expect(shown["admin_state"] as? String == "enabled")
        #expect((shown["unsaved"] as? String)?.contains(".upstreams.json.new") == true)
        try FileManager.default.removeItem(atPath: obstacle)
        #expect(try control(relay, "disable", "primary", "--reason", "kept")["unsaved"] is NSNull)
        let file = try String(contentsOfFile: relay.spoolPath + "/upstreams.json", encoding: .utf8)
        #expect(file.contains("\"kept\""))
    }

    @Test("a relay that cannot read the overrides does not start, and leaves the file alone")
    func unreadable() throws {
        let primary = try Sink()
        let relay = try Relay(RelayConfig(primary.upstream("primary")))
        #expect(try relay.stop() == .code(0))
        let file = relay.spoolPath + "/upstreams.json"
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/elsewhere.json")
        try relay.restart(isReady: false)
        #expect(try relay.process.waitForExit() == .code(75))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: file) == "/elsewhere.json")
    }

    @Test("a tripped upstream comes back by a trial and the ramp; reset restores everything at once")
    func tripped() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        let tripped = try control(relay, "trip", "primary", "--for", "1h", "--reason", "drill")
        #expect(tripped["circuit"] as? String == "open")
        #expect(tripped["share"] as? Double == 0)
        _ = try Burst(TestMail.series("tripped", 10), to: relay.port).finish()
        try secondary.wait(for: 10)
        #expect(try control(relay, "reset", "primary")["share"] as? Double == 1)
        _ = try Burst(TestMail.series("reset", 10), to: relay.port).finish()
        try primary.wait(for: 10)
    }

    @Test("a probe reports its findings, and its exit code says whether the upstream is well")
    func probed() throws {
        let primary = try Sink("--faults-off", "--fault", "banner reply: 554 5.3.2 Closed for today")
        let relay = try Relay(RelayConfig(primary.upstream("primary")))
        #expect(try relay.command("upstream", "probe", "primary").exit == .code(0))
        try primary.toggleFaults()
        let bad = try relay.command("upstream", "probe", "primary")
        #expect(bad.exit == .code(69))
        #expect((bad.output + bad.errors).contains { $0.contains("554 5.3.2 Closed for today") })
        #expect(try relay.command("upstream", "probe", "nobody").exit == .code(66))
    }

    @Test("an upstream that fails its probes before any mail was tried is avoided when mail arrives")
    func avoided() throws {
        let (primary, secondary) = (try Sink("--fault", "banner hang"), try Sink())
        var config = RelayConfig(primary.upstream("primary"), secondary.upstream("secondary"))
        config.health = ["interval = \"200ms\"", "timeout = \"200ms\"", "unhealthy_threshold = 2"]
        config.circuit = ["open_duration = \"1h\"", "max_open_duration = \"1h\""]
        let relay = try Relay(config)
        try relay.wait(for: 1, "circuit")
        _ = try Burst(TestMail.series("avoided", 5), to: relay.port).finish()
        try relay.wait(for: 5, "delivered")
        #expect(relay.count("deferred") == 0)
        #expect(try secondary.books().count == 5)
    }

    @Test("a drill trips an upstream of a relay with traffic, sees it come back, and passes")
    func drill() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        var config = RelayConfig(primary.upstream("primary"), secondary.upstream("secondary"))
        config.tables = ["[recovery]", "ramp_steps = [50]", "step_duration = \"300ms\""]
        let relay = try Relay(config)
        let (port, isOver) = (relay.port, Watched(false))
        Thread.detachNewThread {
            for round in 0..<200 where !isOver.current {
                _ = try? Burst(TestMail.series("drill\(round)", 50), to: port, connections: 1).finish()
            }
        }
        defer { isOver.change { $0 = true } }
        try primary.wait(for: 50)
        let result = try relay.command(
            "drill", "--upstream", "primary", "--for", "1s", "--watch", "20s", "--yes", "--json")
        #expect(result.exit == .code(0), "\(result.errors) \(result.output)")
        let line = try #require(result.output.last)
        let report = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(report["verdict"] as? String == "passed")
        for time in ["moved_on_ms", "half_open_ms", "closed_ms", "full_share_ms"] {
            #expect(report[time] as? Double != nil, "\(time)")
        }
    }

    @Test("an interrupted drill leaves nothing behind")
    func interrupted() throws {
        let (primary, secondary) = (try Sink(), try Sink())
        let relay = try Relay(RelayConfig(primary.upstream("primary"), secondary.upstream("secondary")))
        let drill = try Program(
            Posthorse.executable,
            ["drill", "--upstream", "primary", "--for", "1h", "--yes", "--config", relay.configPath])
        try relay.wait(for: 1, "upstream_control")
        drill.signal(2)
        _ = try drill.waitForExit()
        try relay.wait(for: 2, "upstream_control")
        #expect(try control(relay, "show", "primary")["circuit"] as? String == "closed")
    }
}
