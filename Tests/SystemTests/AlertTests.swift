import Foundation
import Glibc
import TestKit
import Testing

@Suite("Alerts of a relay", .scenario)
struct AlertTests {
    /// Tells a webhook and a command when mail goes through another upstream.
    private func config(_ primary: Sink, _ secondary: Sink, _ receiver: WebReceiver, file: String) -> RelayConfig {
        var config = RelayConfig(primary.upstream("primary"), secondary.upstream("secondary"))
        config.health = ["interval = \"500ms\""]
        config.tables = [
            "[recovery]", "ramp_steps = [50]", "step_duration = \"200ms\"",
            "[[alert]]", "name = \"moved\"", "when = \"failed_over\"", "for = \"0s\"", "clear_for = \"2s\"",
            "notify = [\"web\", \"program\"]",
            "[[notify]]", "name = \"web\"", "type = \"webhook\"", "url = \"\(receiver.url)\"", "private = true",
            "[[notify]]", "name = \"program\"", "type = \"command\"",
            "command = [\"/bin/sh\", \"-c\", \"cat >> \(file); echo >> \(file)\"]",
        ]
        return config
    }

    private struct Told: Decodable {
        let alert, status, severity, subject, text, since, at: String
        let labels: [String: String]
    }

    private func told(_ texts: some Sequence<String>) throws -> [Told] {
        try texts.map { try JSONDecoder().decode(Told.self, from: Data($0.utf8)) }
    }

    private func expect(_ told: [Told]) {
        #expect(told.map(\.status) == ["firing", "resolved"])
        #expect(told.allSatisfy { $0.alert == "moved" && $0.subject == "primary" && $0.severity == "warning" })
        #expect(told.allSatisfy { $0.labels["relay"] == "relay.example" && $0.labels["when"] == "failed_over" })
        #expect(told.first?.labels["carrier"] == "secondary")
        #expect(told.first?.text.contains("mail goes through secondary instead of primary") == true)
        #expect(told.last?.text == "mail goes through primary again")
        #expect(Set(told.map(\.since)).count == 1 && Set(told.map(\.at)).count == 2)
    }

    @Test("a primary fails and comes back: the webhook and the command each get one firing and one resolved")
    func failover() throws {
        let (primary, secondary, receiver) = (try Sink(), try Sink(), try WebReceiver(.status(500), .status(200)))
        defer { receiver.close() }
        let directory = try TestKit.TemporaryDirectory()
        let file = directory.path + "/told"
        let relay = try Relay(config(primary, secondary, receiver, file: file))
        try primary.killNow()
        _ = try Burst(TestMail.series("alerts", 5), to: relay.port).finish()
        try relay.wait("alert_firing")
        try primary.restart()
        // The trial of the circuit is a message that comes when its time is over.
        for number in 0..<20 where relay.count("alert_resolved") == 0 {
            _ = try Burst(TestMail.series("trial-\(number)", 1), to: relay.port).finish()
            try? relay.wait("alert_resolved", within: .seconds(4))
        }
        try relay.wait("alert_resolved")
        try relay.wait(for: 4, "alert_notified")
        let shown = try relay.command("alert", "list", "--json")
        #expect(shown.exit == .code(0) && shown.output.contains { $0.contains("\"name\":\"moved\"") })
        try relay.stop()
        // The first try had no success.
        #expect(relay.count("alert_notify_failed") == 1 && relay.count("alert_firing") == 1)
        expect(try told(receiver.requests.dropFirst().map(\.body)))
        let ids = receiver.requests.compactMap { $0.fields["webhook-id"] }
        #expect(ids.count == 3 && ids[0] == ids[1] && ids[1] != ids[2])
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        expect(try told(lines))
        try primary.killNow()
        try secondary.killNow()
    }

    @Test("a firing alert is not told a second time after a restart, and its end is not lost")
    func restart() throws {
        let (primary, secondary, receiver) = (try Sink(), try Sink(), try WebReceiver(.status(200)))
        defer { receiver.close() }
        let directory = try TestKit.TemporaryDirectory()
        let relay = try Relay(config(primary, secondary, receiver, file: directory.path + "/told"))
        try primary.killNow()
        _ = try Burst(TestMail.series("restart", 5), to: relay.port).finish()
        try relay.wait(for: 2, "alert_notified")
        try relay.stop()
        try relay.restart()
        try primary.restart()
        try relay.wait(for: 2, "alert_notified")
        try relay.stop()
        #expect(relay.count("alert_firing") == 0 && relay.count("alert_resolved") == 1)
        expect(try told(receiver.requests.map(\.body)))
        try primary.killNow()
        try secondary.killNow()
    }

    @Test("a corrupt file of alerts keeps no relay from starting, and is set aside")
    func corrupt() throws {
        let (primary, secondary, receiver) = (try Sink(), try Sink(), try WebReceiver(.status(200)))
        defer { receiver.close() }
        let relay = try Relay(config(primary, secondary, receiver, file: "/dev/null"))
        try relay.stop()
        try "{".write(toFile: relay.spoolPath + "/alerts.json", atomically: true, encoding: .utf8)
        try relay.restart()
        try relay.wait("alerts_unreadable")
        #expect(FileManager.default.fileExists(atPath: relay.spoolPath + "/alerts.json.broken"))
        try relay.stop()
        try primary.killNow()
        try secondary.killNow()
    }

    @Test("a test and a silence, by the command line; alerts by mail go through the relay itself")
    func commands() throws {
        let sink = try Sink(keepsContent: true)
        var config = RelayConfig(sink.upstream("primary"))
        config.tables = [
            "[alerts]", "notify = [\"people\"]",
            "[[notify]]", "name = \"people\"", "type = \"email\"", "to = [\"ann@example.com\", \"bob@example.com\"]",
        ]
        let relay = try Relay(config)
        let rehearsal = try relay.command("alert", "test", "all_down", "--dry-run")
        #expect(rehearsal.exit == .code(0) && rehearsal.output == ["people would be told"])
        let test = try relay.command("alert", "test", "all_down", "--reason", "trying")
        #expect(test.exit == .code(0) && test.output == ["people was told"])
        try relay.wait("delivered")
        try sink.wait(for: 1)
        let silenced = try relay.command("alert", "silence", "all_down", "--for", "2h", "--reason", "their night")
        #expect(silenced.output.first?.hasPrefix("Nobody is told of all_down until ") == true)
        let list = try relay.command("alert", "list")
        #expect(list.output.contains { $0.hasPrefix("all_down") && $0.firstMatch(of: /silenced for [12]h$/) != nil })
        #expect(list.output.contains("    silenced: their night") && list.output.allSatisfy { $0.count <= 80 })
        #expect(try relay.command("alert", "unsilence", "all_down").exit == .code(0))
        let again = try relay.command("alert", "unsilence", "all_down")
        #expect(again.exit == .code(66) && again.output.isEmpty)
        #expect(try relay.command("alert", "silence", "moon").exit == .code(66))
        let audit = try relay.command("audit", "list", "--what", "alert", "--json")
        #expect(audit.output.count == 3)
        try relay.stop()
        try sink.killNow()
    }
}
