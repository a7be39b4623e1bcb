import Alerts
import Delivery
import Dispatch
import Mail
import Spool
import Synchronization
import Testing
import Upstreams

@testable import Telemetry

@Suite("Scrapes")
struct ScrapeTests {
    private static let now = Timestamp(milliseconds: 1_763_763_561_000)
    private static let firing = #"posthorse_alerts_firing{alert="a",severity="critical"} 0"#

    private static func scrape(_ metrics: RelayMetrics, alert: String? = "a", reply: String? = "554 # no") -> String {
        var upstream = UpstreamStatus(name: "ses", priority: 1, address: "mx.test:25", since: now)
        upstream.refutedReply = reply
        let alerts = alert.map { AlertStatus(AlertGroup(AlertRule(name: $0, kind: .allDown)), nil, lead: .zero) }
        return metrics.text(
            upstreams: [upstream], queue: SpoolStatistics(), states: [], takenAt: now, now: now,
            alerts: alerts.map { [$0] } ?? [])
    }

    @Test("what is listed no more is gone, and what takes its place is there")
    func removal() {
        let metrics = RelayMetrics(upstreams: ["ses"])
        let first = Self.scrape(metrics)
        #expect(first.contains(Self.firing) && first.contains("reply=\"554 # no\""))
        let second = Self.scrape(metrics, alert: "b", reply: "550 # never")
        #expect(!second.contains("alert=\"a\"") && second.contains("alert=\"b\""))
        #expect(!second.contains("554 # no") && second.contains("550 # never"))
        let last = Self.scrape(metrics, alert: nil, reply: nil)
        #expect(!last.contains("alert=\"b\"") && !last.contains("550 # never"))
    }

    @Test("two at a time both have all of it")
    func race() {
        let metrics = RelayMetrics(upstreams: ["ses"])
        let lacking = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 400) { _ in
            let text = Self.scrape(metrics)
            let isWhole = text.contains(Self.firing) && text.contains("reply=\"554 # no\"")
            if !isWhole { lacking.withLock { $0 += 1 } }
        }
        let count = lacking.withLock { $0 }
        #expect(count == 0)
    }

    @Test("only what is not listed is removed")
    func exception() {
        let store = MetricStore()
        store.sample(.alertsFiring, "a", "error").set(Int64(1))
        store.sample(.alertsFiring, "b", "error").set(Int64(1))
        store.removeSamples(of: .alertsFiring, except: [["b", "error"]])
        let text = store.text()
        #expect(!text.contains("alert=\"a\"") && text.contains("alert=\"b\""))
    }
}
