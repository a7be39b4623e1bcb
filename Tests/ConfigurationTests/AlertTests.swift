import Alerts
import Foundation
import Testing

@testable import Configuration

@Suite("Alerts in relay.conf")
struct AlertTests {
    private func problems(_ lines: String...) -> [String] {
        ConfigurationTests.problems(minimal + "\n" + lines.joined(separator: "\n")).map { problem in
            problem.replacingOccurrences(of: #"^relay.conf:\d+: "#, with: "", options: .regularExpression)
        }
    }

    private func alert(_ kind: String, _ lines: String...) -> String {
        (["[[alert]]", "name = \"\(kind)\"", "when = \"\(kind)\""] + lines).joined(separator: "\n")
    }

    @Test("without any, the usual ones are on, into the log only")
    func usual() throws {
        let alerts = try configuration(minimal).alerts
        #expect(alerts.rules == AlertRule.defaults && alerts.sinks.isEmpty)
        #expect(try configuration(minimal + "\n[alerts]\ndefaults = false\n").alerts.rules.isEmpty)
    }

    @Test("one with the name of a usual one takes its place")
    func replaced() throws {
        let rules = try configuration(minimal + "\n" + alert("disk", "above = \"80%\"")).alerts.rules
        #expect(rules.count == AlertRule.defaults.count && rules.filter { $0.kind == .disk }.count == 1)
        #expect(rules[0].above == .percent(80) && !rules[0].isDefault)
    }

    @Test(
        "each takes its own units",
        arguments: [
            ("queue_age", "\"5m\""), ("queue_depth", "100"), ("accept_latency", "\"500ms\""),
            ("delivery_latency", "\"5m\""), ("bounce_rate", "\"2.5%\""), ("in_doubt", "0"), ("disk", "\"5GiB\""),
            ("disk", "\"95%\""), ("certificate", "\"7d\""),
        ])
    func units(kind: String, above: String) throws {
        #expect(problems(alert(kind, "above = \(above)")) == [])
        let rule = try configuration(minimal + "\n" + alert(kind, "above = \(above)")).alerts.own[0]
        #expect(rule.threshold != nil && rule.kind.units.contains { $0 == rule.threshold?.unit })
    }

    @Test("and no others")
    func wrongUnits() {
        #expect(
            problems(
                alert("queue_depth", "above = \"5m\""), alert("disk", "above = 5"),
                alert("all_down", "above = 1"))
                == [
                    "alert.above: does not suit queue_depth; write for example 1000",
                    "alert.above: does not suit disk; write for example \"5GiB\" or \"10%\"",
                    "alert.above: all_down compares nothing; remove it",
                ])
    }

    @Test("what is about the whole relay is not narrowed, and only bounce_rate is about streams")
    func narrowed() {
        #expect(
            problems(alert("queue_age", "route = \"default\""), alert("all_down", "upstream = \"primary\"")) == [
                "alert.route: queue_age is about the whole relay; remove it",
                "alert.upstream: all_down is about the whole relay; remove it",
            ])
        #expect(
            problems(alert("on_fallback", "stream = \"bulk\"")) == [
                "alert.stream: on_fallback is not about streams; remove it"
            ])
        #expect(problems(alert("bounce_rate", "stream = \"news-*\"")) == [])
        #expect(
            problems(alert("bounce_rate", "stream = \"news-*\"\nupstream = \"primary\"")) == [
                "alert.stream: an alert about an upstream or a route is about no stream; write two alerts"
            ])
    }

    @Test("each type needs its key, and takes no other's")
    func keys() {
        let needed = [
            ("webhook", "url"), ("slack", "url_file"), ("pagerduty", "routing_key_file"), ("email", "to"),
            ("command", "command"),
        ]
        for (type, key) in needed {
            #expect(
                problems("[[notify]]\nname = \"a\"\ntype = \"\(type)\"") == [
                    "notify.\(key): missing; type \"\(type)\" needs it"
                ])
        }
        #expect(
            problems("[[notify]]\nname = \"a\"\ntype = \"email\"\nto = \"a@b.test\"\nurl = \"https://a.test/\"") == [
                "notify.url: is not for type \"email\"; remove it"
            ])
    }

    @Test("names are unique, and those who are told exist")
    func names() {
        let twice = "[[notify]]\nname = \"ops\"\ntype = \"email\"\nto = \"a@b.test\""
        let found = problems(twice, twice, alert("disk", "notify = [\"osp\"]"), alert("disk"))
        #expect(found.count == 3)
        #expect(found.contains { $0.hasPrefix("notify.name: \"ops\" is already used on line ") })
        #expect(found.contains { $0.hasPrefix("alert.name: \"disk\" is already used on line ") })
        #expect(found.contains("alert.notify: there is no [[notify]] \"osp\"; did you mean \"ops\"?"))
    }

    @Test("alerts in clear text are a warning, unless they stay on this machine")
    func clearText() {
        func sink(_ url: String) -> String { "[[notify]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"\(url)\"" }
        #expect(
            problems(sink("http://ops.test/")).contains {
                $0.contains("alerts go to ops.test in clear text")
            })
        let here = sink("http://127.0.0.1:8080/") + "\nprivate = true"
        #expect(problems(here) == [] && problems(sink("https://ops.test/")) == [])
    }

    @Test(
        "private addresses are for whoever says so, and others than TCP has are for nobody",
        arguments: [
            ("127.0.0.1", "loopback", true), ("10.0.0.1", "private", true), ("169.254.169.254", "link-local", true),
            ("224.0.0.1", "multicast", false),
        ])
    func addresses(host: String, scope: String, isForSome: Bool) {
        let sink = "[[notify]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://\(host)/\""
        let problem =
            "notify.url: the value has a \(scope) address; use another, or write private = true if you mean it"
        #expect(problems(sink) == [problem])
        #expect(problems(sink + "\nprivate = true") == (isForSome ? [] : [problem]))
    }

    @Test("files that are missing or empty, and a program beside relay.conf")
    func files() throws {
        let path = FileManager.default.temporaryDirectory.path + "/alert-\(UInt64.random(in: 0 ... .max))"
        let lines = "[[notify]]\nname = \"a\"\ntype = \"slack\"\nurl_file = \"\(path)\""
        #expect(problems(lines).first?.contains("create it; until then nobody is told this way") == true)
        try "\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(problems(lines).contains { $0.contains("\(path) is empty") })
        let command = "\n[[notify]]\nname = \"a\"\ntype = \"command\"\ncommand = [\"bin/page\", \"x/y\"]"
        let sinks = try configuration(minimal + command, file: "/etc/posthorse/relay.conf").alerts.sinks
        #expect(sinks[0].command == ["/etc/posthorse/bin/page", "x/y"])
    }

    @Test(
        "files with what is no secret and no URL are a problem, which does not show it",
        arguments: [
            ("webhook", "secret_file", "hunter2", "line 1 does not begin with whsec_"),
            ("slack", "url_file", "hunter2", "does not begin with https:// or http://"),
            ("slack", "url_file", "https://a.test/\nhunter2", "has more than one line"),
        ])
    func contents(type: String, key: String, content: String, problem: String) throws {
        let path = FileManager.default.temporaryDirectory.path + "/alert-\(UInt64.random(in: 0 ... .max))"
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let url = type == "webhook" ? "\nurl = \"https://a.test/\"" : ""
        let found = problems("[[notify]]\nname = \"a\"\ntype = \"\(type)\"\n\(key) = \"\(path)\"" + url)
        #expect(found.count { $0.contains(problem) } == 1 && !found.contains { $0.contains("hunter2") })
    }

    @Test("a reload shows what has changed, and no URL")
    func changes() throws {
        let before = try configuration(minimal + "\n" + alert("disk"))
        let sink = "\n[[notify]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://a.test/secret\""
        let after = try configuration(minimal + "\n" + alert("disk", "for = \"5m\"") + sink)
        let changes = before.changes(in: after)
        #expect(changes.map(\.subject) == ["alert disk: for", "notify a: added"])
        #expect(!changes.contains { $0.description.contains("secret\"") || $0.needsRestart })
    }
}
