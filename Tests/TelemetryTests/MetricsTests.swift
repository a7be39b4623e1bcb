import CoreMetrics
import Delivery
import Foundation
import Ingress
import Mail
import OAuth
import RoundTrips
import Spool
import TestKit
import Testing
import Upstreams

@testable import Telemetry

@Suite("Metrics")
struct MetricsTests {
    private static let id = QueueID(rawValue: 1)
    private static let a = Address(unchecked: "a@b.example")

    private func text(_ metrics: RelayMetrics) -> String {
        let now = Timestamp(milliseconds: 1_763_763_561_000)
        var queue = SpoolStatistics(messages: 3, recipients: 4, octets: 500, byState: ["queued": 4])
        queue.oldestReceivedAt = Timestamp(milliseconds: now.milliseconds - 90_500)
        var upstream = UpstreamStatus(name: "ses", priority: 1, address: "mx.test:25", since: now)
        (upstream.circuit, upstream.connections, upstream.connectionLimit) = (.open, 2, 50)
        (upstream.share, upstream.rate, upstream.adminOverride.state) = (0.25, 12.5, .draining)
        (upstream.probesSucceeded, upstream.probesFailed) = (7, 1)
        let free = UpstreamStatus(name: "mg", priority: 2, address: "mx.test:25", since: now)
        return metrics.text(
            upstreams: [upstream, free], queue: queue, states: ["queued", "held"],
            takenAt: Timestamp(milliseconds: now.milliseconds - 2000), now: now)
    }

    @Test("a pace has one value for all its domains, and none once relay.conf no longer has it")
    func paces() throws {
        let metrics = RelayMetrics(upstreams: [])
        var settings = PaceSettings([.pattern("*")])
        settings.maxRate = Rate(count: 20, per: .seconds(1))
        let now = MonotonicInstant(nanoseconds: 0)
        var pace = DomainPace(settings, now: now)
        _ = pace.slowDown(now: now)
        let paces = [("a.test", pace, 3), ("b.test", DomainPace(settings, now: now), 4)].map { name, pace, waiting in
            PaceStatus(entry: 0, name: name, settings: settings, pace: pace, waiting: waiting, nextAt: nil)
        }
        func text(_ report: PaceReport) throws -> [String: Double] {
            let time = Timestamp(milliseconds: 0)
            return try PrometheusReader.read(
                metrics.text(
                    upstreams: [], queue: SpoolStatistics(), states: [], takenAt: time, now: time, paces: report))
        }
        let samples = try text(PaceReport(settings: [settings], paces: paces))
        #expect(samples["posthorse_delivery_pace_recipients_per_second{pace=\"*\"}"] == 10)
        #expect(samples["posthorse_delivery_pace_reduced_domains{pace=\"*\"}"] == 1)
        #expect(samples["posthorse_delivery_pace_waiting_messages{pace=\"*\"}"] == 7)
        #expect(samples["posthorse_delivery_pace_slow_downs_total{pace=\"*\"}"] == 0)
        let other = PaceReport(settings: [PaceSettings([.family(.yahoo)])])
        let later = try text(other)
        #expect(!later.keys.contains { $0.contains("pace=\"*\"") })
        #expect(later["posthorse_delivery_pace_recipients_per_second{pace=\"family:yahoo\"}"] == .infinity)
    }

    @Test("every event is counted, and the output passes a strict parser of the text format")
    func events() throws {
        let metrics = RelayMetrics(upstreams: ["ses"])
        metrics.record(.sessionOpened)
        metrics.record(.sessionOpened)
        metrics.record(.sessionClosed)
        metrics.record(
            .accepted(
                Self.id, client: "::1", sender: ReversePath(address: Self.a), recipients: 2, size: 99, messageID: "",
                took: .zero))
        metrics.record(IngressEvent.refused(client: "::1", reply: "452 4.3.1 full", reason: ""))
        metrics.record(IngressEvent.refused(client: "::1", reply: "999", reason: ""))
        metrics.record(IngressEvent.refused(client: "::1", reply: "501 5.1.3 Bad syntax", reason: ""))
        metrics.record(IngressEvent.refused(client: "::1", reply: "555 5.5.4 No", reason: ""))
        metrics.record(.limited(.clientByteRate, client: "::1", reply: "450 4.7.1 x"))
        metrics.record(IngressEvent.acceptingPaused(address: "127.0.0.1:25", cause: "max_connections"))
        metrics.record(.proxyRefused(peer: "::1", reason: "x"))
        metrics.record(
            .delivered(
                Self.id, recipients: [Self.a], upstream: "ses", reply: "", took: .zero, delay: .zero, wait: .zero,
                tls: nil))
        metrics.record(
            DeliveryEvent.failed(Self.id, recipients: [Self.a, Self.a], upstream: nil, phase: "", reply: "", .policy))
        for event in [
            DeliveryEvent.failed(Self.id, recipients: [Self.a], upstream: nil, phase: "", reply: "", .policy),
            .delivered(
                Self.id, recipients: [Self.a], upstream: "ses", reply: "", took: .zero, delay: .zero, wait: .zero,
                tls: nil),
        ] { metrics.record(.ofProbe("box", event)) }
        metrics.record(.circuit(upstream: "ses", from: .closed, to: .open, share: 0, cause: "", until: nil))
        metrics.record(.slowedDown(upstream: "ses", rate: 5, reply: "454 4.7.0"))
        metrics.record(.slowedDown(upstream: "nobody", rate: 5, reply: "454 4.7.0"))
        metrics.record(.resolved(Self.id, recipients: [Self.a, Self.a], resolution: "retry"))
        metrics.record(.resolved(Self.id, recipients: [Self.a], resolution: "something a@b.example"))
        metrics.record(DeliveryEvent.paused("x"))
        metrics.record(.loginFailed(user: nil, client: "", isLockedOut: true))
        metrics.record(.encrypted(version: "TLSv1.3"))
        let samples = try PrometheusReader.read(text(metrics))
        let expected: [String: Double] = [
            "posthorse_ingress_sessions_opened_total": 2, "posthorse_ingress_sessions": 1,
            "posthorse_ingress_messages_total": 1, "posthorse_ingress_recipients_total": 2,
            "posthorse_ingress_message_bytes_total": 99, "posthorse_ingress_refusals_total{reason=\"storage\"}": 1,
            "posthorse_ingress_refusals_total{reason=\"other\"}": 1,
            "posthorse_ingress_refusals_total{reason=\"address\"}": 1,
            "posthorse_ingress_refusals_total{reason=\"syntax\"}": 1,
            "posthorse_ingress_refusals_total{reason=\"limit\"}": 1,
            "posthorse_ingress_limit_hits_total{limit=\"client_byte_rate\"}": 1,
            "posthorse_ingress_limit_hits_total{limit=\"max_connections\"}": 1,
            "posthorse_ingress_limit_hits_total{limit=\"user_byte_rate\"}": 0,
            "posthorse_ingress_paused_listeners": 1, "posthorse_ingress_proxy_refusals_total": 1,
            "posthorse_ingress_logins_total{result=\"bad\"}": 1, "posthorse_ingress_lockouts_total": 1,
            "posthorse_ingress_tls_handshakes_total{version=\"1.3\"}": 1,
            "posthorse_delivery_recipients_total{upstream=\"ses\",outcome=\"delivered\"}": 1,
            "posthorse_delivery_recipients_total{upstream=\"none\",outcome=\"failed\"}": 2,
            "posthorse_delivery_circuit_changes_total{upstream=\"ses\",state=\"open\"}": 1,
            "posthorse_delivery_paused": 1, "posthorse_delivery_circuit_open{upstream=\"ses\"}": 1,
            "posthorse_delivery_circuit_state{upstream=\"ses\",state=\"open\"}": 1,
            "posthorse_delivery_circuit_state{upstream=\"ses\",state=\"closed\"}": 0,
            "posthorse_delivery_circuit_state{upstream=\"mg\",state=\"closed\"}": 1,
            "posthorse_delivery_admin_state{upstream=\"ses\",state=\"draining\"}": 1,
            "posthorse_delivery_admin_state{upstream=\"ses\",state=\"enabled\"}": 0,
            "posthorse_delivery_admin_state{upstream=\"mg\",state=\"enabled\"}": 1,
            "posthorse_delivery_share_ratio{upstream=\"ses\"}": 0.25,
            "posthorse_delivery_share_ratio{upstream=\"mg\"}": 1,
            "posthorse_delivery_rate_limit_per_second{upstream=\"ses\"}": 12.5,
            "posthorse_delivery_rate_limit_per_second{upstream=\"mg\"}": .infinity,
            "posthorse_delivery_slow_downs_total{upstream=\"ses\"}": 1,
            "posthorse_delivery_probes_total{upstream=\"ses\",result=\"good\"}": 7,
            "posthorse_delivery_probes_total{upstream=\"ses\",result=\"bad\"}": 1,
            "posthorse_delivery_resolved_recipients_total{resolution=\"retry\"}": 2,
            "posthorse_delivery_resolved_recipients_total{resolution=\"other\"}": 1,
            "posthorse_delivery_connections{upstream=\"ses\"}": 2,
            "posthorse_delivery_connection_limit{upstream=\"ses\"}": 50, "posthorse_queue_messages": 3,
            "posthorse_queue_recipients{state=\"queued\"}": 4, "posthorse_queue_recipients{state=\"held\"}": 0,
            "posthorse_queue_bytes": 500, "posthorse_queue_oldest_message_age_seconds": 90,
            "posthorse_queue_statistics_age_seconds": 2,
        ]
        for (name, value) in expected { #expect(samples[name] == value, "\(name)") }
    }

    @Test("tokens are shown of accounts that have some, and no longer when they have not")
    func tokens() {
        let metrics = RelayMetrics(upstreams: ["m365", "ses"])
        let now = Timestamp(milliseconds: 1_763_763_561_000)
        func text(_ token: TokenStatus?) -> [Substring] {
            var upstream = UpstreamStatus(name: "m365", priority: 1, address: "mx.test:587", since: now)
            upstream.token = token
            let other = UpstreamStatus(name: "ses", priority: 2, address: "mx.test:25", since: now)
            return metrics.text(
                upstreams: [upstream, other], queue: SpoolStatistics(), states: [], takenAt: now, now: now
            ).split(separator: "\n").filter { $0.hasPrefix("posthorse_delivery_token") }
        }
        let prefix = "posthorse_delivery_token"
        #expect(
            text(TokenStatus(.valid, expires: now + .seconds(3600))) == [
                "\(prefix)_expiry_timestamp_seconds{upstream=\"m365\"} 1763767161",
                "\(prefix)_failing{upstream=\"m365\"} 0",
            ])
        #expect(
            text(TokenStatus(.refused, lastError: "no token")) == [
                "\(prefix)_expiry_timestamp_seconds{upstream=\"m365\"} 0", "\(prefix)_failing{upstream=\"m365\"} 1",
            ])
        #expect(text(nil) == [])
    }

    @Test("quotas are shown with what is used and left, and no longer when relay.conf has them no more")
    func quotas() {
        let metrics = RelayMetrics(upstreams: ["ses"])
        let now = Timestamp(milliseconds: 1_763_763_561_000)
        func text(_ quotas: [QuotaReport]) -> [Substring] {
            var upstream = UpstreamStatus(name: "ses", priority: 1, address: "mx.test:25", since: now)
            upstream.quotas = quotas
            return metrics.text(
                upstreams: [upstream], queue: SpoolStatistics(), states: [], takenAt: now, now: now
            ).split(separator: "\n").filter { $0.hasPrefix("posthorse_delivery_quota") }
        }
        let prefix = "posthorse_delivery_quota"
        let labels = ["d", "24h"].map { "{upstream=\"ses\",period=\"\($0)\"}" }
        let day = QuotaReport(quota: Quota(limit: 100, period: .day), used: 40, left: 60)
        // The upstream says that this one is used up.
        let window = QuotaReport(
            quota: Quota(limit: 50, period: .rolling(.seconds(86_400))), used: 7, left: 0, freeAt: now)
        #expect(
            Set(text([day, window])) == [
                "\(prefix)_recipients\(labels[0]) 100", "\(prefix)_recipients\(labels[1]) 50",
                "\(prefix)_used_recipients\(labels[0]) 40", "\(prefix)_used_recipients\(labels[1]) 7",
                "\(prefix)_left_recipients\(labels[0]) 60", "\(prefix)_left_recipients\(labels[1]) 0",
            ])
        #expect(text([day]).count == 3)
        #expect(text([]) == [])
    }

    @Test("the text is deterministic, and contains no address")
    func order() {
        let (one, other) = (RelayMetrics(upstreams: ["b", "a"]), RelayMetrics(upstreams: ["a", "b"]))
        #expect(text(one) == text(other))
        #expect(!text(one).contains("@"))
    }

    @Test("label values and help texts are escaped")
    func escaping() throws {
        let family = MetricFamily("posthorse_test_things_total", .counter, ["name"], "a \\ and\na \"line\"")
        let store = MetricStore([family])
        store.sample(family, "q\"b\\n\nx").add(7)
        let expected = #"""
            # HELP posthorse_test_things_total a \\ and\na "line"
            # TYPE posthorse_test_things_total counter
            posthorse_test_things_total{name="q\"b\\n\nx"} 7

            """#
        #expect(store.text() == expected)
        _ = try PrometheusReader.read(expected)
    }

    @Test("swift-metrics writes to the same samples, and undeclared metrics are discarded")
    func factory() throws {
        let store = MetricStore()
        Counter(label: "posthorse_ingress_lockouts_total", dimensions: [], factory: store).increment(by: 3)
        Meter(label: "posthorse_ingress_sessions", dimensions: [], factory: store).set(5)
        Counter(label: "http_requests_total", dimensions: [("path", "/x")], factory: store).increment()
        Counter(label: "posthorse_ingress_lockouts_total", dimensions: [("x", "y")], factory: store).increment()
        CoreMetrics.Timer(label: "posthorse_ingress_sessions", dimensions: [], factory: store).recordSeconds(1)
        let samples = try PrometheusReader.read(store.text())
        #expect(samples["posthorse_ingress_lockouts_total"] == 3)
        #expect(samples["posthorse_ingress_sessions"] == 5)
        #expect(!store.text().contains("http"))
    }

    @Test(
        "decimals are written for any value",
        arguments: [
            (0.0, "0.000"), (1, "1.000"), (0.1, "0.100"), (12.3456, "12.346"), (-0.5, "-0.500"), (.infinity, "+Inf"),
            (1e300, "+Inf"), (.nan, "+Inf"),
        ])
    func decimals(value: Double, text: String) {
        let family = MetricFamily("posthorse_test_things", .gauge, [], decimals: 3, "Things.")
        let store = MetricStore([family])
        store.sample(family).set(value)
        #expect(store.text().hasSuffix("\nposthorse_test_things \(text)\n"))
        store.sample(family).set(Int64(3))
        store.sample(family).add(2)
        #expect(store.text().hasSuffix(" 5.000\n"))
    }

    @Test("many threads count without a loss")
    func threads() async {
        let sample = MetricSample()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 { tasks.addTask { for _ in 0..<10_000 { sample.add() } } }
        }
        #expect(sample.value == 40_000)
    }

    @Test("docs/metrics.md lists all of them")
    func documentation() throws {
        let page = try SourceTree.text("docs/metrics.md")
        let rows = page.split(separator: "\n")
            .filter { $0.hasPrefix("| `posthorse_") || $0.hasPrefix("| `process_") }.map(String.init)
        let expected = MetricFamily.all.map { family in
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
        }
        #expect(rows == expected)
        for limit in LimitName.allCases { #expect(page.contains("`\(limit.rawValue)`")) }
        for resolution in DoubtResolution.allCases { #expect(page.contains("`\(resolution.rawValue)`")) }
        for verdict in TripVerdict.allCases { #expect(page.contains("`\(verdict.rawValue)`")) }
        for cause in CircuitReason.opening + CircuitReason.closing { #expect(page.contains("`\(cause.rawValue)`")) }
        for phase in UpstreamMeter.Phase.allCases { #expect(page.contains("`\(phase.rawValue)`")) }
        for failure in FailureClass.allCases { #expect(page.contains("`\(failure.rawValue)`")) }
        for reason in RefusalReason.allCases { #expect(page.contains("`\(reason.rawValue)`")) }
    }

    @Test("names follow the rule", arguments: MetricFamily.all)
    func names(family: MetricFamily) {
        let rule = /posthorse_(ingress|api|delivery|queue|spool|database|webhook|stream|alerts?|round_trip)_[a-z_]+/
        // Prometheus and its clients have the last name for it.
        let others = ["posthorse_build_info", "posthorse_reloads_total", "process_start_time_seconds"]
        #expect(family.name.wholeMatch(of: rule) != nil || others.contains(family.name))
        #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
        #expect(family.help.hasSuffix("."))
    }
}
