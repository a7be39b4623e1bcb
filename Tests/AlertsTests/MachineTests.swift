import Mail
import Testing

@testable import Alerts

@Suite("An alert over time")
struct MachineTests {
    @Test("is told once while it holds, and once when it is over")
    func once() {
        var bench = Bench(rule(.upstreamOpen), upstreams: "ses", "spare")
        #expect(bench.pass(10) == [])
        bench.fail("ses")
        #expect(bench.pass(600) == ["firing upstream_open: ses"])
        bench.recover("ses")
        #expect(bench.pass(600) == ["resolved upstream_open: ses"])
    }

    @Test("is not told before it has held for its time")
    func hold() {
        var bench = Bench(rule(.upstreamOpen, hold: 30), upstreams: "ses")
        bench.fail("ses")
        #expect(bench.pass(30) == [] && bench.state("ses") == "pending")
        #expect(bench.pass() == ["firing upstream_open: ses"])
    }

    @Test("that ends before its time has never been")
    func tooShort() {
        var bench = Bench(rule(.upstreamOpen, hold: 30, clear: 30), upstreams: "ses")
        for _ in 0..<20 {
            bench.fail("ses")
            #expect(bench.pass(25) == [])
            bench.recover("ses")
            #expect(bench.pass(5) == [] && bench.state("ses") == "ok")
        }
    }

    @Test("of a primary that comes and goes is one alert, and one end")
    func flapping() {
        var bench = Bench(rule(.upstreamOpen, clear: 60), upstreams: "ses")
        var told: [String] = []
        for _ in 0..<20 {
            bench.fail("ses")
            told += bench.pass(10)
            bench.recover("ses")
            told += bench.pass(50)
        }
        #expect(told == ["firing upstream_open: ses"])
        #expect(bench.state("ses") == "clearing")
        #expect(bench.pass(30) == ["resolved upstream_open: ses"])
        #expect(bench.state("ses") == "ok")
    }

    @Test("begins when it began, however often it came and went, and says so at its end")
    func since() throws {
        var bench = Bench(rule(.upstreamOpen, hold: 10, clear: 20), upstreams: "ses")
        bench.fail("ses")
        let began = bench.now + .seconds(1)
        _ = bench.pass(15)
        bench.recover("ses")
        _ = bench.pass(10)
        bench.fail("ses")
        _ = bench.pass(15)
        bench.recover("ses")
        var last: [AlertNotice] = []
        for _ in 0..<30 {
            bench.now = bench.now + .seconds(1)
            last += bench.machine.look(bench.facts, now: bench.now)
        }
        #expect(last.map(\.status) == [.resolved])
        let subject = try #require(last.first?.subjects.first)
        #expect(subject.since == began && subject.report.text == "ses takes mail again")
    }

    @Test("is told again after repeat, and not after its end")
    func again() {
        var bench = Bench(rule(.upstreamOpen) { $0.again = .seconds(100) }, upstreams: "ses")
        bench.fail("ses")
        let told = bench.pass(250)
        #expect(
            told == ["firing upstream_open: ses"]
                + Array(repeating: "firing upstream_open: ses (again)", count: 2))
        bench.recover("ses")
        #expect(bench.pass(250) == ["resolved upstream_open: ses"])
    }

    @Test("about several subjects of one look is told once, in their order")
    func together() {
        var bench = Bench(rule(.upstreamOpen), upstreams: "c", "a", "b")
        for name in ["a", "b", "c"] { bench.fail(name) }
        #expect(bench.pass(20) == ["firing upstream_open: a, b, c"])
        bench.recover("b")
        #expect(bench.pass(20) == ["resolved upstream_open: b"])
        bench.recover("a")
        bench.recover("c")
        #expect(bench.pass(20) == ["resolved upstream_open: a, c"])
    }

    @Test("gathers the subjects that follow the first within seconds")
    func gathering() {
        var bench = Bench(rule(.upstreamOpen), upstreams: "a", "b", "c")
        bench.fail("a")
        #expect(bench.pass() == ["firing upstream_open: a"])
        bench.fail("b")
        #expect(bench.pass(2) == [])
        bench.fail("c")
        #expect(bench.pass(10) == ["firing upstream_open: b, c"])
    }

    @Test("about a subject that came and went while others were gathered is not told", arguments: [0, 10, 60])
    func passing(clear: Int) {
        var bench = Bench(rule(.upstreamOpen, clear: clear), upstreams: "a", "b")
        bench.fail("a")
        _ = bench.pass()
        bench.fail("b")
        _ = bench.pass()
        bench.recover("b")
        #expect(bench.pass(100) == [] && bench.state("b") == "ok")
    }

    @Test("about a subject that is back when the others are told is told with them, and its end")
    func passingAndBack() {
        var bench = Bench(rule(.upstreamOpen, clear: 60), upstreams: "a", "b")
        bench.fail("a")
        _ = bench.pass()
        bench.fail("b")
        _ = bench.pass()
        bench.recover("b")
        #expect(bench.pass() == [] && bench.state("b") == "clearing")
        bench.fail("b")
        #expect(bench.pass(20) == ["firing upstream_open: b"])
        bench.recover("b")
        #expect(bench.pass(61) == ["resolved upstream_open: b"])
    }

    @Test("stays as it is while nobody knows")
    func unknown() {
        var bench = Bench(rule(.queueDepth) { $0.above = .count(10) })
        bench.facts.queue = QueueFacts(messages: 11, oldest: nil, inDoubt: 0)
        #expect(bench.pass() == ["firing queue_depth: queue"])
        bench.facts.queue = nil
        #expect(bench.pass(100) == [] && bench.state("queue") == "firing")
        bench.facts.queue = QueueFacts(messages: 10, oldest: nil, inDoubt: 0)
        #expect(bench.pass(100) == ["resolved queue_depth: queue"])
    }

    @Test("about an upstream that relay.conf no longer has is over at once")
    func gone() {
        var bench = Bench(rule(.upstreamOpen, clear: 600), upstreams: "ses", "spare")
        bench.fail("ses")
        _ = bench.pass()
        bench.facts.upstreams.removeFirst()
        bench.facts.upstreamNames.remove("ses")
        #expect(bench.pass(5) == ["resolved upstream_open: ses"])
    }

    @Test("about an upstream of which two looks find nothing goes on", arguments: [AlertKind.upstreamOpen, .allDown])
    func blink(kind: AlertKind) {
        var bench = Bench(rule(kind, clear: 60), upstreams: "ses")
        bench.fail("ses")
        #expect(bench.pass(10).count == 1)
        for _ in 0..<5 {
            let known = bench.facts.upstreams
            bench.facts.upstreams = []
            #expect(bench.pass(2) == [])
            bench.facts.upstreams = known
            #expect(bench.pass(10) == [])
        }
    }

    @Test("about an upstream of which nothing is known any more is over after its time to clear")
    func lost() {
        var bench = Bench(rule(.upstreamOpen, clear: 60), upstreams: "ses", "spare")
        bench.fail("ses")
        _ = bench.pass()
        bench.facts.upstreams.removeFirst()
        #expect(bench.pass(60) == [] && bench.state("ses") == "clearing")
        #expect(bench.pass() == ["resolved upstream_open: ses"])
    }
}
