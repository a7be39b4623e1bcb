import Mail
import Testing

@testable import Alerts

@Suite("Alerts after a restart and a reload")
struct RestartTests {
    /// The same relay with these rules, after a restart: all it has is the file.
    private func restarted(_ bench: Bench, _ rules: [AlertRule]? = nil) throws -> Bench {
        var (bench, copy) = (bench, bench)
        let octets = try AlertFile(bench.machine.memory(), AlertOutbox()).octets()
        copy.machine = AlertMachine(rules ?? bench.machine.groups.map(\.rule))
        copy.machine.restore(try AlertFile(octets: octets).memory)
        return copy
    }

    @Test("a firing alert is not told a second time, and its end is not lost")
    func firing() throws {
        var bench = Bench(rule(.upstreamOpen, clear: 5), upstreams: "ses")
        bench.fail("ses")
        _ = bench.pass(10)
        bench = try restarted(bench)
        #expect(bench.pass(60) == [] && bench.state("ses") == "firing")
        bench = try restarted(bench)
        bench.recover("ses")
        #expect(bench.pass(10) == ["resolved upstream_open: ses"])
    }

    @Test("a circuit that is closed because the relay has just begun says nothing")
    func unproven() throws {
        var bench = Bench(rule(.upstreamOpen), upstreams: "ses", "spare")
        bench.fail("ses")
        _ = bench.pass(10)
        bench = try restarted(bench)
        bench.set("ses") { ($0.isClosed, $0.share, $0.isProven) = (true, 1, false) }
        #expect(bench.pass(60) == [])
        bench.fail("ses")
        #expect(bench.pass(60) == [])
        bench.recover("ses")
        bench.set("ses") { $0.isProven = true }
        #expect(bench.pass() == ["resolved upstream_open: ses"])
    }

    @Test("waiting goes on where it was: for, clear_for and silences")
    func waits() throws {
        var bench = Bench(rule(.upstreamOpen, hold: 60, clear: 60), upstreams: "ses")
        bench.fail("ses")
        _ = bench.pass(40)
        bench = try restarted(bench)
        #expect(bench.pass(25) == ["firing upstream_open: ses"])
        bench.recover("ses")
        _ = bench.pass(40)
        bench.machine.silence("upstream_open", AlertSilence(since: bench.now, until: bench.now + .seconds(500)))
        bench = try restarted(bench)
        #expect(bench.machine.silences["upstream_open"]?.until == bench.now + .seconds(500))
        #expect(bench.pass(25) == ["resolved upstream_open: ses"])
    }

    @Test("an alert that relay.conf has lost meanwhile is told to be over, to those who knew")
    func lost() throws {
        var bench = Bench(rule(.upstreamOpen) { $0.notify = ["ops"] }, upstreams: "ses")
        bench.fail("ses")
        _ = bench.pass(10)
        bench = try restarted(bench, [rule(.allDown)])
        let notices = bench.machine.look(bench.facts, now: bench.now + .seconds(1))
        let lost = try #require(notices.first { $0.rule.name == "upstream_open" })
        #expect(lost.status == .resolved && lost.sinks == ["ops"])
        #expect(lost.subjects.first?.report.text == "relay.conf has this alert no longer")
    }

    /// What a look tells, and to whom.
    private func told(_ bench: inout Bench) -> [String] {
        bench.now = bench.now + .seconds(10)
        return bench.machine.look(bench.facts, now: bench.now).map { notice in
            "\(notice.words) to \(notice.sinks.isEmpty ? "the log" : notice.sinks.joined(separator: ", "))"
                + (notice.isLogged ? " only" : "")
        }
    }

    private func open(_ sinks: String...) -> AlertRule { rule(.upstreamOpen) { $0.notify = sinks } }

    @Test(
        "whoever is to be told since a reload or a restart hears what fires; whoever knew hears the end",
        arguments: [false, true])
    func others(isRestart: Bool) throws {
        var bench = Bench(open("ops"), upstreams: "a", "b")
        func reload(_ rule: AlertRule) throws {
            if isRestart { bench = try restarted(bench, [rule]) } else { bench.machine.replace(with: [rule]) }
        }
        bench.fail("a")
        #expect(told(&bench) == ["firing upstream_open: a to ops"])
        try reload(open("dev"))
        #expect(told(&bench) == ["firing upstream_open: a to dev only"])
        bench.fail("b")
        #expect(told(&bench) == ["firing upstream_open: b to dev"])
        try reload(open("dev"))
        #expect(told(&bench) == [])
        bench.recover("a")
        bench.recover("b")
        #expect(
            told(&bench) == ["resolved upstream_open: b to dev", "resolved upstream_open: a to dev, ops"])
    }

    @Test("what only the log knew is told as soon as somebody is to be told, and shows no time until then")
    func logged() {
        var bench = Bench(open(), upstreams: "ses")
        bench.fail("ses")
        #expect(told(&bench) == ["firing upstream_open: ses to the log"])
        #expect(AlertStatus(bench.machine.groups[0], nil, lead: .zero).subjects.map(\.toldAt) == [nil])
        bench.machine.replace(with: [open("ops")])
        #expect(told(&bench) == ["firing upstream_open: ses to ops only"])
        #expect(AlertStatus(bench.machine.groups[0], nil, lead: .zero).subjects.map(\.toldAt) == [bench.now])
        bench.recover("ses")
        #expect(told(&bench) == ["resolved upstream_open: ses to ops"])
    }

    @Test(
        "whoever could not be told that it fires is not told its end, unless repeat has told him",
        arguments: [false, true])
    func missed(isRepeated: Bool) throws {
        let open = rule(.upstreamOpen) { ($0.notify, $0.again) = (["dev", "ops"], .seconds(60)) }
        var bench = Bench(open, upstreams: "ses")
        bench.fail("ses")
        #expect(told(&bench) == ["firing upstream_open: ses to dev, ops"])
        bench.machine.missed("ops", "upstream_open", ["ses"])
        bench = try restarted(bench)
        #expect(told(&bench) == [])
        if isRepeated {
            bench.now = bench.now + .seconds(50)
            #expect(
                told(&bench) == [
                    "firing upstream_open: ses (again) to dev", "firing upstream_open: ses to ops only",
                ])
        }
        bench.recover("ses")
        #expect(told(&bench) == ["resolved upstream_open: ses to \(isRepeated ? "dev, ops" : "dev")"])
    }

    @Test("whoever was not told before a reload took him out hears no end; put back, he hears what fires")
    func takenOut() {
        var bench = Bench(open("dev", "ops"), upstreams: "ses")
        bench.fail("ses")
        _ = told(&bench)
        bench.machine.replace(with: [open("dev")])
        bench.machine.missed("ops", "upstream_open", ["ses"])
        bench.machine.replace(with: [open("dev", "ops")])
        #expect(told(&bench) == ["firing upstream_open: ses to ops only"])
        bench.machine.replace(with: [open("dev")])
        bench.machine.missed("ops", "upstream_open", ["ses"])
        bench.recover("ses")
        #expect(told(&bench) == ["resolved upstream_open: ses to dev"])
    }

    @Test("of an alert that is gone, whoever was not told that it fires is not told its end")
    func retired() {
        var bench = Bench(open("dev", "ops"), upstreams: "ses")
        bench.fail("ses")
        _ = told(&bench)
        bench.machine.replace(with: [])
        bench.machine.missed("ops", "upstream_open", ["ses"])
        #expect(told(&bench) == ["resolved upstream_open: ses to dev"])
    }

    @Test("a silence hides what fires from newcomers too, until its end")
    func silenced() {
        var bench = Bench(open("ops"), upstreams: "ses")
        bench.fail("ses")
        #expect(told(&bench) == ["firing upstream_open: ses to ops"])
        bench.machine.silence("upstream_open", AlertSilence(since: bench.now, until: bench.now + .seconds(15)))
        bench.machine.replace(with: [open("ops", "dev")])
        #expect(told(&bench) == [])
        #expect(told(&bench) == ["firing upstream_open: ses to dev only"])
    }

    @Test("a reload with another threshold keeps what stands; one with another kind begins anew")
    func reload() {
        var bench = Bench(rule(.queueDepth, clear: 30) { $0.above = .count(10) })
        bench.facts.queue = QueueFacts(messages: 100, oldest: nil, inDoubt: 0)
        #expect(bench.pass() == ["firing queue_depth: queue"])
        bench.machine.replace(with: [rule(.queueDepth, clear: 30) { $0.above = .count(50) }])
        #expect(bench.pass(60) == [] && bench.state("queue") == "firing")
        bench.machine.replace(with: [rule(.inDoubt) { $0.name = "queue_depth" }])
        #expect(bench.pass() == ["resolved queue_depth: queue"])
        #expect(bench.state("queue") == "ok")
    }

    @Test("what survives has news only when something but the figures has changed")
    func news() {
        var bench = Bench(rule(.queueDepth) { $0.above = .count(10) })
        _ = bench.pass()
        _ = bench.machine.memory()
        bench.facts.queue = QueueFacts(messages: 100, oldest: nil, inDoubt: 0)
        _ = bench.pass()
        #expect(bench.machine.hasNews)
        _ = bench.machine.memory()
        bench.facts.queue = QueueFacts(messages: 101, oldest: nil, inDoubt: 0)
        _ = bench.pass(30)
        #expect(!bench.machine.hasNews)
    }

    @Test(
        "a file that is not ours is refused, with a reason",
        arguments: [
            "", "{}", "[]",
            #"{"version":2,"alerts":[],"silences":{},"routes":{},"waiting":[]}"#,
            #"{"version":1,"alerts":[{"name":"a","when":"moon"}],"silences":{},"routes":{},"waiting":[]}"#,
            #"{"version":1,"alerts":[],"silences":{"a":{"since":"now","until":"later"}},"routes":{},"waiting":[]}"#,
        ])
    func corrupt(text: String) {
        #expect(throws: (any Error).self) { try AlertFile(octets: Array(text.utf8)) }
    }
}
