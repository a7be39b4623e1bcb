import Mail
import RoundTrips
import TestKit
import Testing

@Suite("Probes that operators have asked for")
struct TripRunsTests {
    private let first = TripPath.sample("a")
    private let second = TripPath.sample("b")

    private func fact(_ kind: TripFact.Kind, _ path: TripPath, _ moment: Timestamp = .sample) -> TripNews {
        .fact(TripFact(path: path, sentAt: moment, kind: kind))
    }

    @Test("have one result for each path, that of the first probe sent behind the order")
    func results() {
        var runs = TripRuns()
        let before = Timestamp.sample - .seconds(10)
        _ = runs.record(fact(.sent, first, before))
        let id = runs.begin([first, second])
        #expect(runs.record(fact(.missing, first, before)).isEmpty)
        #expect(runs.record(fact(.sent, first)).isEmpty && runs.record(fact(.sent, second)).isEmpty)
        #expect(runs.record(fact(.sent, first, .sample + .seconds(60))).isEmpty)
        #expect(runs.record(fact(.doubled, first)).isEmpty)
        #expect(runs.record(fact(.missing, first)).map(\.run.outcome) == [.missing])
        #expect(!runs.isDone(id))
        #expect(
            runs.record(fact(.failed, second)).map(\.run) == [TripRun(path: second, sentAt: .sample, outcome: .failed)])
        #expect(runs.isDone(id))
    }

    @Test("are those of each order, also where two wait for the same probe")
    func two() {
        var runs = TripRuns()
        let ids = [runs.begin([first]), runs.begin([first])]
        _ = runs.record(fact(.sent, first))
        #expect(runs.record(fact(.unjudged, first)).map(\.id) == ids)
    }

    @Test("end without a verdict when nobody waits any longer, and when nothing was sent")
    func ends() {
        var runs = TripRuns()
        let id = runs.begin([first, second])
        _ = runs.record(fact(.sent, first))
        #expect(runs.record(.notSent(first, reason: "the spool is full")).isEmpty)
        #expect(
            runs.record(.notSent(second, reason: "the spool is full")).map(\.run.outcome) == [
                .notSent("the spool is full")
            ])
        let again = runs.begin([second])
        _ = runs.record(fact(.sent, second))
        // The spool has refused what was begun: that is no verdict about the mailbox.
        let refusal = TripNews.notSent(second, sentAt: .sample, reason: "the spool is full", isRepeated: true)
        #expect(runs.record(refusal).map(\.id) == [again])
        #expect(runs.end(id) == [TripRun(path: first, sentAt: .sample, outcome: .underWay)])
        #expect(runs.isDone(id) && runs.end(id).isEmpty)
    }

    @Test("a filter means names and upstreams; what goes as routed has none")
    func filter() {
        #expect(TripFilter().matches(.sample(nil)) && TripFilter(names: ["gmail"]).matches(.sample(nil)))
        #expect(!TripFilter(upstreams: ["a"]).matches(.sample(nil)) && TripFilter(upstreams: ["a"]).matches(first))
        #expect(!TripFilter(names: ["yahoo"], upstreams: ["a"]).matches(first))
    }
}
