import Foundation
import Glibc
import Testing

@Suite("The audit log of a relay", .scenario)
struct AuditTests {
    private func records(_ relay: Relay, _ words: String...) throws -> [[String: String?]] {
        let result = try relay.command(["audit", "list", "--json"] + words)
        #expect(result.exit == .code(0), "\(result.errors)")
        return try result.output.map { try JSONDecoder().decode([String: String?].self, from: Data($0.utf8)) }
    }

    private func expectSound(_ relay: Relay, repairs: Int = 0) throws {
        let result = try relay.command("audit", "verify", "--json")
        let line = try #require(result.output.first)
        let verdict = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(result.exit == .code(0) && verdict["ok"] as? Bool == true, "\(result.output)")
        #expect(verdict["repairs"] as? Int == repairs)
    }

    private func relay() throws -> (Sink, Relay) {
        let sink = try Sink()
        return (sink, try Relay(RelayConfig(sink.upstream("primary"))))
    }

    @Test("who disabled the upstream, and why: while the relay runs, and when it has stopped")
    func who() throws {
        let (sink, relay) = try relay()
        defer { try? sink.killNow() }
        let order = ["upstream", "disable", "primary", "--reason", "their bill"]
        #expect(try relay.command(order, environment: ["SUDO_USER": "ann"]).exit == .code(0))
        let expected: [String: String?] = [
            "who": "uid:\(getuid()) sudo:ann", "what": "upstream disable", "subject": "primary", "reason": "their bill",
            "before": "enabled", "after": "disabled",
        ]
        var found = try #require(try records(relay, "--what", "disable", "--subject", "primary").first)
        #expect(found.removeValue(forKey: "at") != nil && found == expected)
        try expectSound(relay)
        try relay.stop()
        found = try #require(try records(relay, "--who", "ann").first)
        #expect(found.removeValue(forKey: "at") != nil && found == expected)
        let all = try records(relay).compactMap { $0["what"] }
        #expect(all == ["audit begin", "relay start", "upstream disable", "relay stop"])
        try expectSound(relay)
    }

    @Test("what the relay decides by itself is there, too")
    func circuit() throws {
        let (sink, relay) = try relay()
        try sink.killNow()
        _ = try Burst(TestMail.series("circuit", 3), to: relay.port).finish()
        try relay.wait("circuit")
        try relay.stop()
        let opened = try #require(try records(relay, "--what", "circuit").first)
        #expect(opened["who"] == "relay" && opened["subject"] == "primary" && opened["before"] == "closed")
        #expect(opened["after"]??.hasPrefix("open until ") == true && opened["reason"]??.isEmpty == false)
    }

    @Test("records that were cut off at the end are found with the head that the log had")
    func head() throws {
        let (sink, relay) = try relay()
        defer { try? sink.killNow() }
        _ = try relay.command("upstream", "drain", "primary")
        try relay.stop()
        let line = relay.process.errors.current.lines.last { $0.contains("audit_head") }
        let head = try #require(line.flatMap(Self.head))
        #expect(try relay.command("audit", "verify", "--head", head).exit == .code(0))
        let path = relay.spoolPath + "/audit.log"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        try (lines.dropLast().joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try relay.command("audit", "verify").exit == .code(0))
        let cut = try relay.command("audit", "verify", "--head", head)
        #expect(cut.exit == .code(65) && cut.output.contains { $0.contains("its end has been cut off") })
    }

    private static func head(_ line: String) -> String? {
        (try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)))?["head"]
    }

    @Test(
        "killed while it records an order: the order is not carried out, and the log is sound",
        arguments: [("amidAuditRecord", 1), ("afterAuditWrite", 0), ("afterAuditSync", 0)])
    func crash(step: String, repairs: Int) throws {
        let (sink, relay) = try relay()
        defer { try? sink.killNow() }
        try relay.stop()
        // The first record is that of the start.
        try relay.restart(environment: ["POSTHORSE_KILL_AT": "\(step):2"])
        #expect(try relay.command("upstream", "disable", "primary").exit == .code(75))
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        try expectSound(relay, repairs: repairs)
        #expect(try records(relay, "--what", "disable").count == 1 - repairs)
        #expect(try records(relay, "--what", "audit repair").count == repairs)
        let shown = try relay.command("upstream", "list", "--json")
        #expect(shown.output.first?.contains("\"admin_state\":\"enabled\"") == true)
    }

    @Test("killed at its first start, or while it replaces an unfinished record: the next start goes on")
    func crashAtStart() throws {
        let sink = try Sink()
        let config = RelayConfig(sink.upstream("primary"))
        let relay = try Relay(starting: config, environment: ["POSTHORSE_KILL_AT": "afterAuditKey:1"])
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        try expectSound(relay)
        try relay.stop()
        let file = try #require(FileHandle(forWritingAtPath: relay.spoolPath + "/audit.log"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(String(repeating: "half a record ", count: 200).utf8))
        try file.close()
        #expect(try relay.command("audit", "verify").exit == .code(65))
        try relay.restart(environment: ["POSTHORSE_KILL_AT": "afterAuditRepair:1"], isReady: false)
        #expect(try relay.process.waitForExit() == .signal(SIGKILL))
        try relay.restart()
        #expect(try relay.command("audit", "verify").exit == .code(0))
        #expect(try records(relay, "--what", "audit repair").isEmpty == false)
    }

    @Test("without the key of its log a relay takes mail and carries out no order, and says why")
    func key() throws {
        let (sink, relay) = try relay()
        try relay.stop()
        try FileManager.default.moveItem(
            atPath: relay.spoolPath + "/audit.key", toPath: relay.spoolPath + "/audit.key.away")
        try relay.restart()
        _ = try Burst(TestMail.series("key", 3), to: relay.port).finish()
        try sink.wait(for: 3)
        let refused = try relay.command("upstream", "disable", "primary")
        #expect(refused.exit == .code(75))
        #expect(refused.errors.joined().contains("nothing has changed, since the audit log cannot record it"))
        try relay.wait("audit_unwritable")
        try FileManager.default.moveItem(
            atPath: relay.spoolPath + "/audit.key.away", toPath: relay.spoolPath + "/audit.key")
        #expect(try relay.command("upstream", "disable", "primary").exit == .code(0))
        try expectSound(relay)
    }

    @Test("cut in place while the relay runs: the next order is in a new log, and verify never says all is well")
    func cut() throws {
        let (sink, relay) = try relay()
        defer { try? sink.killNow() }
        #expect(try relay.command("upstream", "drain", "primary").exit == .code(0))
        let file = try #require(FileHandle(forUpdatingAtPath: relay.spoolPath + "/audit.log"))
        let length = try #require(try file.readToEnd()).firstIndex(of: 0x0A).map { $0 + 1 }
        try file.truncate(atOffset: UInt64(try #require(length)))
        try file.close()
        #expect(try relay.command("upstream", "disable", "primary").exit == .code(0))
        #expect(try records(relay).compactMap { $0["what"] } == ["audit begin", "upstream disable"])
        try relay.wait("audit_begun")
        try relay.process.killNow()
        try relay.restart()
        #expect(try records(relay, "--what", "upstream").compactMap { $0["what"] } == ["upstream disable"])
        let result = try relay.command("audit", "verify")
        #expect(result.exit == .code(65) && result.output.first?.contains("cut or changed while the relay ran") == true)
    }
}
