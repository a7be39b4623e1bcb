import RoundTrips
import Testing

@testable import Alerts

@Suite("Alerts about round trips")
struct RoundTripConditionTests {
    private func facts(
        _ upstream: String?, _ verdict: TripVerdict?, cause: String? = nil, trip: String = "gmail"
    ) -> RoundTripFacts {
        RoundTripFacts(TripPath(trip: trip, upstream: upstream, mailbox: "p@a.test"), verdict, cause: cause)
    }

    private func report(_ facts: RoundTripFacts) -> AlertReport? {
        var bench = Bench(rule(.roundTrip), upstreams: "ses")
        bench.facts.roundTrips = [facts]
        return bench.machine.look(bench.facts, now: bench.now).first?.subjects.first?.report
    }

    @Test(
        "each verdict but ok is told",
        arguments: [
            (TripVerdict.late, "mail through ses arrives late in p@a.test"),
            (.missing, "mail through ses does not arrive in p@a.test"),
            (.mailboxUnreachable, "nobody can tell whether mail through ses arrives in p@a.test"),
            (.upstreamFailed, "ses takes no mail to p@a.test"),
        ])
    func verdicts(verdict: TripVerdict, text: String) {
        let report = report(facts("ses", verdict, cause: "3 probes in a row are lost"))
        #expect(report?.text == text + ": 3 probes in a row are lost")
        #expect(
            report?.labels == [
                "round_trip": "gmail", "upstream": "ses", "mailbox": "p@a.test", "state": verdict.rawValue,
            ])
        #expect(self.report(facts("ses", verdict))?.text == text)
    }

    @Test("what goes as routed has no upstream")
    func asRouted() {
        #expect(report(facts(nil, .missing))?.text == "mail as it is routed does not arrive in p@a.test")
        #expect(report(facts(nil, .upstreamFailed))?.text == "no upstream takes mail to p@a.test")
        #expect(report(facts(nil, .late))?.labels["upstream"] == nil)
    }

    @Test("each path is a subject, and those of one look are told together")
    func subjects() {
        var bench = Bench(rule(.roundTrip), upstreams: "ses", "mg")
        bench.facts.roundTrips = [facts("ses", .ok), facts("mg", nil), facts(nil, .ok)]
        #expect(bench.pass(3) == [])
        bench.facts.roundTrips = [facts("ses", .missing), facts("mg", .late), facts(nil, .ok)]
        #expect(bench.pass(3) == ["firing round_trip: gmail through mg, gmail through ses"])
        // Another verdict that is no better is the same alert.
        bench.facts.roundTrips = [facts("ses", .mailboxUnreachable), facts("mg", .ok), facts(nil, .missing)]
        #expect(bench.pass(10) == ["resolved round_trip: gmail through mg", "firing round_trip: gmail as routed"])
        bench.facts.roundTrips = [facts("ses", .ok), facts("mg", .ok), facts(nil, .ok)]
        #expect(bench.pass(10) == ["resolved round_trip: gmail as routed, gmail through ses"])
    }

    @Test("after a restart a path without a verdict stays as it was, and one that relay.conf has no longer is over")
    func unknown() {
        var bench = Bench(rule(.roundTrip, clear: 60), upstreams: "ses")
        bench.facts.roundTrips = [facts("ses", .missing)]
        #expect(bench.pass() == ["firing round_trip: gmail through ses"])
        bench.facts.roundTrips = [facts("ses", nil)]
        #expect(bench.pass(600) == [])
        bench.facts.roundTrips = []
        #expect(bench.pass(10) == ["resolved round_trip: gmail through ses"])
    }

    @Test("upstream and route narrow it, and then it is about nothing that goes as routed")
    func narrowed() {
        for narrow in [{ $0.upstream = "ses" }, { $0.route = "bulk" }] as [(inout AlertRule) -> Void] {
            var bench = Bench(rule(.roundTrip, narrow), upstreams: "ses", "mg")
            bench.facts.routes = [RouteFacts(name: "bulk", upstreams: ["ses"])]
            bench.facts.roundTrips = [facts("mg", .missing), facts(nil, .missing)]
            #expect(bench.pass(10) == [])
            bench.facts.roundTrips.append(facts("ses", .missing))
            #expect(bench.pass(10) == ["firing round_trip: gmail through ses"])
        }
    }

    @Test("words of the mailbox's server are cut, and harmless")
    func words() {
        let cause = "the server says \u{202e}" + String(repeating: "x", count: 1000)
        let text = report(facts("ses", .mailboxUnreachable, cause: cause))?.text ?? ""
        #expect(text.count < 350 && text.contains("\\u{202e}") && text.hasSuffix("…"))
    }
}
