import Admin
import Console
import Delivery
import Mail
import Testing
import Upstreams

@testable import posthorse

@Suite("What top makes of the relay's figures")
struct TopReadingTests {
    private static let text = #"""
        # HELP posthorse_ingress_messages_total Messages accepted with a 250.
        # TYPE posthorse_ingress_messages_total counter
        posthorse_ingress_messages_total 42
        posthorse_delivery_recipients_total{upstream="a\"\\\nb,c=\"d",outcome="delivered"} 5
        posthorse_delivery_recipients_total{upstream="none",outcome="failed"} 2
        posthorse_delivery_recipients_total{upstream="ses",outcome="delivered"} 7
        posthorse_ingress_accept_seconds_bucket{le="0.01"} 10
        posthorse_ingress_accept_seconds_bucket{le="0.02"} 30
        posthorse_ingress_accept_seconds_bucket{le="+Inf"} 30
        posthorse_delivery_accept_to_taken_seconds_bucket{route="a",le="1"} 1
        posthorse_delivery_accept_to_taken_seconds_bucket{route="b",le="1"} 3
        posthorse_delivery_accept_to_taken_seconds_bucket{route="b",le="+Inf"} 4
        posthorse_queue_recipients{state="held"} 3
        posthorse_queue_messages 2
        posthorse_queue_oldest_waiting_message_age_seconds 90
        process_start_time_seconds 1763763561.250
        nonsense
        posthorse_delivery_rate_limit_per_second{upstream="ses"} +Inf

        """#

    @Test("counters, states and times are found by name and label")
    func figures() {
        let figures = TopFigures(MetricLines(Self.text))
        #expect(figures.accepted == 42)
        #expect(figures.outcomes == ["delivered": 12, "failed": 2])
        #expect(figures.delivered == ["ses": 7, "a\"\\\nb,c=\"d": 5])
        #expect(figures.states == ["held": 3])
        #expect(figures.messages == 2)
        #expect(figures.oldestWaitingSeconds == 90)
        #expect(figures.startedAt == 1_763_763_561.25)
        #expect(figures.takenTimes.counts == [1: 4, .infinity: 4])
    }

    @Test("an empty queue has no age, and a relay of before no start")
    func absent() {
        let figures = TopFigures(MetricLines("posthorse_queue_oldest_waiting_message_age_seconds 0\n"))
        #expect(figures.oldestWaitingSeconds == nil)
        #expect(figures.startedAt == nil)
        #expect(MetricLines("").samples.isEmpty)
    }

    @Test("a percentile lies between two bounds in proportion, and never above the last one")
    func quantiles() {
        let times = TopFigures(MetricLines(Self.text)).acceptTimes
        #expect(times.quantile(0.5, since: BucketCounts()) == 12.5)
        #expect(times.quantile(1, since: BucketCounts()) == 20)
        #expect(times.quantile(0.5, since: times) == nil)
        var slow = BucketCounts()
        slow.add(0, upTo: "10")
        slow.add(5, upTo: "+Inf")
        #expect(slow.quantile(0.5, since: BucketCounts()) == 10_000)
        #expect(BucketCounts().quantile(0.5, since: BucketCounts()) == nil)
    }

    @Test("rates are per second, whatever the time between two readings")
    func rates() {
        let rates = TopRates(from: TopSample.reading(accepted: 900), to: TopSample.reading(accepted: 1000, at: 4))
        #expect(rates.accepted == 25)
        #expect(rates.outcomes == ["delivered": 25, "deferred": 0, "failed": 0])
        #expect(rates.delivered == ["ses": 0, "mailgun": 25])
        #expect(TopRates(from: nil, to: TopSample.reading()).accepted == nil)
    }

    @Test("a clock that is set meanwhile changes no rate")
    func clock() {
        for step in [Duration.seconds(-3600), .seconds(3600)] {
            var latter = TopSample.reading(accepted: 1100, at: 4)
            latter.at = latter.at + step
            #expect(TopRates(from: TopSample.reading(accepted: 1000), to: latter).accepted == 25)
        }
    }

    @Test("frames follow each other on a terminal that says what it is")
    func terminal() {
        #expect(Terminal.movesCursor(environment: ["TERM": "xterm-256color"]))
        for environment in [[:], ["TERM": ""], ["TERM": "dumb"]] {
            #expect(!Terminal.movesCursor(environment: environment))
        }
    }

    @Test("a relay that was restarted meanwhile has no rates, rather than negative ones")
    func restart() {
        var latter = TopSample.reading(accepted: 3, at: 1)
        latter.figures.startedAt = 1
        #expect(TopRates(from: TopSample.reading(), to: latter).accepted == nil)
    }

    @Test("percentiles are about the last half minute, rates about the last second")
    func history() {
        var history = TopHistory()
        #expect(history.rates == nil)
        for second in 0..<40 { history.add(TopSample.reading(accepted: Double(second * second), at: second)) }
        #expect(history.rates?.accepted == 77)
        #expect(
            history.rates
                == TopRates(
                    from: TopSample.reading(accepted: 1444, at: 38), to: TopSample.reading(accepted: 1521, at: 39),
                    past: TopSample.reading(accepted: 100, at: 10)))
    }

    @Test("only what moves traffic is a failover: not trials, steps of the ramp, or one order after another")
    func moves() {
        let at = TopSample.now.rfc3339
        let detail = TopSample.detail(
            "ses",
            [
                (at, .circuit(from: .open, to: .halfOpen), "trial"), (at, .circuit(from: .halfOpen, to: .open), "no"),
                (at, .circuit(from: .closed, to: .closed), "ramp"), (at, .circuit(from: .open, to: .open), "sooner"),
                (at, .admin(from: .draining, to: .disabled), "disable"),
                (at, .admin(from: .enabled, to: .draining), "drain"), (at, .circuit(from: .open, to: .closed), "reset"),
            ])
        #expect(TopMove.list([detail]).map(\.cause) == ["reset", "drain"])
        #expect(TopMove.list([detail]).map(\.kind) == [.failedBack, .disabled])
    }

    @Test("while paused the frame stays; afterwards it shows what was read meanwhile")
    func pause() {
        var state = TopState(place: "x", first: TopSample.reading(accepted: 10))
        let size = TopFrame.Size(width: 80, height: 24)
        state.isPaused = true
        let before = state.frame(size).lines
        state.add(TopSample.reading(accepted: 500, at: 1))
        #expect(state.frame(size).lines == before)
        state.isPaused = false
        #expect(state.frame(size).text(on: .plain)[1].hasPrefix("In 490 messages/s"))
    }

    @Test("a relay that does not answer is told on the last line, until it does")
    func trouble() {
        var state = TopState(place: "x", first: TopSample.reading())
        state.trouble = "the relay is not running"
        let size = TopFrame.Size(width: 80, height: 24)
        #expect(state.frame(size).text(on: .plain).last == "the relay is not running")
        state.add(TopSample.reading(at: 1))
        #expect(state.frame(size).text(on: .plain).last == "q quit   p pause")
    }
}
