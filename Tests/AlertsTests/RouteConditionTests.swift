import Mail
import Testing

@testable import Alerts

@Suite("Alerts about where mail goes")
struct RouteConditionTests {
    @Test("failed_over names the upstream that has lost its mail, and who carries it, and why")
    func failedOver() throws {
        var bench = Bench(rule(.failedOver), upstreams: "ses", "spare")
        bench.fail("ses")
        bench.set("ses") { $0.lastError = "421 4.3.2 Going down" }
        let notice = try #require(bench.machine.look(bench.facts, now: bench.now).first)
        let subject = try #require(notice.subjects.first)
        #expect(subject.name == "ses")
        #expect(
            subject.report.text
                == "mail goes through spare instead of ses: its circuit is not closed; its last error: "
                + "421 4.3.2 Going down")
        #expect(subject.report.labels == ["routes": "default", "carrier": "spare"])
        bench.recover("ses")
        let over = try #require(bench.machine.look(bench.facts, now: bench.now).first)
        #expect(over.subjects.first?.report.text == "mail goes through ses again")
    }

    @Test("a primary that comes back with a part of its mail is not back yet")
    func ramp() {
        var bench = Bench(rule(.onFallback), upstreams: "ses", "spare")
        bench.fail("ses")
        #expect(bench.pass() == ["firing on_fallback: ses"])
        bench.set("ses") { ($0.isClosed, $0.share) = (true, 0.25) }
        #expect(bench.pass(30) == [])
        bench.recover("ses")
        #expect(bench.pass() == ["resolved on_fallback: ses"])
    }

    @Test("a reply is cut, and nothing in it hides or moves other words")
    func hostileReply() throws {
        var bench = Bench(rule(.upstreamOpen), upstreams: "ses")
        bench.fail("ses")
        bench.set("ses") { $0.lastError = "421 a\u{202E}b " + String(repeating: "x", count: 1000) }
        let text = try #require(bench.machine.look(bench.facts, now: bench.now).first?.subjects.first?.report.text)
        let reply = #"421 a\u{202e}b "# + String(repeating: "x", count: 192) + "…"
        #expect(text == "ses takes no mail: its circuit is not closed; its last error: \(reply)")
    }

    @Test("a primary that an operator has taken out is on fallback, and is not forgotten")
    func disabled() throws {
        var bench = Bench(rule(.onFallback), upstreams: "ses", "spare")
        bench.set("ses") { $0.isEnabled = false }
        let notice = try #require(bench.machine.look(bench.facts, now: bench.now).first)
        #expect(
            notice.subjects[0].report.text
                == "mail goes through spare instead of ses: an operator has taken it out")
    }

    @Test("many routes of one upstream make one alert; a route or an upstream narrows it")
    func manyRoutes() {
        var bench = Bench(
            rule(.failedOver), rule(.failedOver) { ($0.name, $0.route) = ("bulk", "bulk") },
            rule(.failedOver) { ($0.name, $0.upstream) = ("mg", "mg") }, upstreams: "ses", "mg", "spare")
        bench.facts.routes = [
            RouteFacts(name: "one", upstreams: ["ses", "spare"]), RouteFacts(name: "two", upstreams: ["ses", "spare"]),
            RouteFacts(name: "bulk", upstreams: ["mg", "spare"]),
        ]
        bench.fail("ses")
        #expect(bench.pass(10) == ["firing failed_over: ses"])
        bench.fail("mg")
        #expect(bench.pass(10) == ["firing failed_over: mg", "firing bulk: mg", "firing mg: mg"])
    }

    @Test("failed_back is told when mail is back, and is over when it is no longer news")
    func failedBack() {
        var bench = Bench(rule(.failedBack), upstreams: "ses", "spare")
        #expect(bench.pass(10) == [])
        bench.fail("ses")
        #expect(bench.pass(10) == [])
        bench.recover("ses")
        #expect(bench.pass(599) == ["firing failed_back: ses"])
        #expect(bench.pass(10) == ["resolved failed_back: ses"])
    }

    @Test("failed_back with a hold says nothing while the primary comes and goes")
    func failedBackFlapping() {
        var bench = Bench(rule(.failedBack, hold: 60, clear: 60), upstreams: "ses", "spare")
        for _ in 0..<20 {
            bench.fail("ses")
            #expect(bench.pass(10) == [])
            bench.recover("ses")
            #expect(bench.pass(50) == [])
        }
        #expect(bench.pass(60) == ["firing failed_back: ses"])
    }

    @Test("all_down is about a route of which no upstream takes mail, not even the last resort")
    func allDown() throws {
        var bench = Bench(rule(.allDown), upstreams: "ses", "mg", "spare")
        bench.facts.routes = [RouteFacts(name: "bulk", upstreams: ["ses", "mg"], lastResort: "spare")]
        bench.fail("ses")
        bench.fail("mg")
        #expect(bench.pass(10) == [])
        bench.set("spare") { $0.isEnabled = false }
        let notice = try #require(bench.machine.look(bench.facts, now: bench.now).first)
        #expect(notice.subjects[0].name == "bulk")
        #expect(
            notice.subjects[0].report.text
                == "no upstream takes mail: ses: its circuit is not closed; mg: its circuit is not closed; "
                + "spare: an operator has taken it out")
        bench.recover("mg")
        #expect(bench.pass() == ["resolved all_down: bulk"])
    }

    @Test("all_down is over once an upstream answers again and gets the next message as its trial")
    func trialAwaited() throws {
        var bench = Bench(rule(.allDown), upstreams: "ses", "spare")
        bench.facts.routes = [RouteFacts(name: "bulk", upstreams: ["ses"], lastResort: "spare")]
        bench.fail("ses")
        bench.fail("spare")
        #expect(bench.pass() == ["firing all_down: bulk"])
        bench.set("spare") { ($0.awaitsTrial, $0.lastError) = (true, "421 4.3.2 Going down") }
        bench.now = bench.now + .seconds(1)
        let over = try #require(bench.machine.look(bench.facts, now: bench.now).first)
        #expect(over.words == "resolved all_down: bulk")
        #expect(over.subjects.first?.report.text == "spare answers again, and the next message is its trial")
        bench.set("spare") { $0.awaitsTrial = false }
        #expect(bench.pass(10) == ["firing all_down: bulk"])
    }

    @Test("one that answers again is still open, and on fallback, and its last error is not told as present")
    func answersAgain() throws {
        var bench = Bench(rule(.upstreamOpen), rule(.onFallback), upstreams: "ses", "spare")
        bench.fail("ses")
        bench.set("ses") { ($0.awaitsTrial, $0.lastError) = (true, "421 4.3.2 Going down") }
        let texts = bench.machine.look(bench.facts, now: bench.now).flatMap(\.subjects).map(\.report.text)
        #expect(
            texts == [
                "ses answers again, and the next message is its trial: its circuit is not closed yet",
                "mail goes through spare instead of ses: it answers again, and the next message is its trial",
            ])
    }

    @Test("a trial that is awaited ends on_fallback no more than an outage does, and is no return")
    func trialIsNoReturn() {
        var bench = Bench(rule(.onFallback), rule(.failedBack), upstreams: "ses", "spare")
        bench.fail("ses")
        #expect(bench.pass() == ["firing on_fallback: ses"])
        bench.set("ses") { $0.awaitsTrial = true }
        #expect(bench.pass(30) == [])
        bench.fail("spare")
        #expect(bench.pass() == ["resolved on_fallback: ses"])
        bench.recover("ses")
        #expect(bench.pass() == ["firing failed_back: ses"])
    }

    @Test("a route that shares its mail is on fallback only when the last resort carries it")
    func shared() {
        var bench = Bench(rule(.failedOver), upstreams: "a", "b", "spare")
        bench.facts.routes = [
            RouteFacts(name: "even", upstreams: ["a", "b"], lastResort: "spare", isOrdered: false)
        ]
        bench.fail("a")
        #expect(bench.pass(10) == [])
        bench.fail("b")
        #expect(bench.pass() == ["firing failed_over: a, b"])
    }

    @Test("a single upstream has nothing to fail over to")
    func single() {
        var bench = Bench(rule(.failedOver), rule(.onFallback), rule(.failedBack), upstreams: "ses")
        bench.fail("ses")
        #expect(bench.pass(10) == [])
        bench.recover("ses")
        #expect(bench.pass(10) == [])
    }

    @Test("credential goes on while the circuit is open for another reason, and ends when mail goes there again")
    func credential() {
        var bench = Bench(rule(.credential), upstreams: "ses")
        bench.fail("ses")
        bench.set("ses") { $0.refusesAccount = true }
        #expect(bench.pass() == ["firing credential: ses"])
        bench.set("ses") { ($0.refusesAccount, $0.lastError) = (false, "no answer") }
        #expect(bench.pass(600) == [] && bench.state("ses") == "firing")
        bench.recover("ses")
        bench.set("ses") { $0.isProven = false }
        #expect(bench.pass(600) == [] && bench.state("ses") == "firing")
        bench.set("ses") { $0.isProven = true }
        #expect(bench.pass() == ["resolved credential: ses"])
    }

    @Test("upstream_open and credential are narrowed by upstream and route")
    func narrowed() {
        var bench = Bench(
            rule(.upstreamOpen) { $0.upstream = "ses" }, rule(.credential) { $0.route = "bulk" },
            upstreams: "ses", "mg", "spare")
        bench.facts.routes = [RouteFacts(name: "bulk", upstreams: ["mg"], lastResort: "spare")]
        for name in ["ses", "mg", "spare"] {
            bench.fail(name)
            bench.set(name) { ($0.refusesAccount, $0.lastError) = (true, "535 5.7.8 no") }
        }
        #expect(bench.pass() == ["firing upstream_open: ses", "firing credential: mg, spare"])
    }
}
