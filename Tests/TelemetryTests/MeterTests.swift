import Delivery
import Mail
import Spool
import Testing
import Upstreams

@testable import Telemetry

@Suite("What the parts measure by themselves")
struct MeterTests {
    private let metrics = RelayMetrics(upstreams: ["ses"])

    private func samples(_ upstreams: String...) throws -> [String: Double] {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let statuses = upstreams.enumerated().map { index, name in
            UpstreamStatus(name: name, priority: index + 1, address: "x:25", since: now)
        }
        return try PrometheusReader.read(
            metrics.text(upstreams: statuses, queue: SpoolStatistics(), states: [], takenAt: now, now: now))
    }

    @Test("each phase of an upstream has a histogram, from the beginning")
    func phases() throws {
        #expect(
            try UpstreamMeter.Phase.allCases.allSatisfy {
                try samples("ses")["posthorse_delivery_phase_seconds_count{upstream=\"ses\",phase=\"\($0.rawValue)\"}"]
                    == 0
            })
        let meter = metrics.meters.upstream("ses")
        let quick = [
            meter.connect, meter.tls, meter.greeting, meter.auth, meter.envelope, meter.content, meter.record,
        ]
        for histogram in quick { histogram.record(.milliseconds(3)) }
        meter.reply.record(.milliseconds(40))
        let found = try samples("ses")
        let name = "posthorse_delivery_phase_seconds"
        for phase in UpstreamMeter.Phase.allCases {
            let labels = "upstream=\"ses\",phase=\"\(phase.rawValue)\""
            #expect(found["\(name)_count{\(labels)}"] == 1)
            #expect(found["\(name)_sum{\(labels)}"] == (phase == .reply ? 0.04 : 0.003))
            #expect(found["\(name)_bucket{\(labels),le=\"0.005\"}"] == (phase == .reply ? 0 : 1))
        }
    }

    @Test("failovers, failbacks and handshakes count by cause and version")
    func traffic() throws {
        let before = try samples("ses")
        for cause in CircuitReason.opening {
            #expect(before["posthorse_delivery_failovers_total{upstream=\"ses\",cause=\"\(cause.rawValue)\"}"] == 0)
        }
        for cause in CircuitReason.closing {
            #expect(before["posthorse_delivery_failbacks_total{upstream=\"ses\",cause=\"\(cause.rawValue)\"}"] == 0)
        }
        let meter = metrics.meters.upstream("ses")
        meter.failedOver(.failureRate)
        meter.failedOver(.failureRate)
        meter.failedBack(.trial)
        for version in ["TLSv1.3", "TLSv1.2", nil, nil] { meter.shookHands(version) }
        let found = try samples("ses")
        #expect(found["posthorse_delivery_failovers_total{upstream=\"ses\",cause=\"failure_rate\"}"] == 2)
        #expect(found["posthorse_delivery_failovers_total{upstream=\"ses\",cause=\"failures\"}"] == 0)
        #expect(found["posthorse_delivery_failbacks_total{upstream=\"ses\",cause=\"trial\"}"] == 1)
        #expect(found["posthorse_delivery_tls_handshakes_total{upstream=\"ses\",version=\"1.3\"}"] == 1)
        #expect(found["posthorse_delivery_tls_handshakes_total{upstream=\"ses\",version=\"1.2\"}"] == 1)
        #expect(found["posthorse_delivery_tls_handshakes_total{upstream=\"ses\",version=\"none\"}"] == 2)
    }

    @Test("commits, acceptance and routes")
    func others() throws {
        metrics.accepts.record(.milliseconds(2))
        metrics.commits.time.record(.milliseconds(7))
        metrics.commits.operations.record(3)
        metrics.meters.route("bulk").wait.record(.seconds(2))
        metrics.meters.route("bulk").acceptToTaken.record(.seconds(100))
        let found = try samples("ses")
        #expect(found["posthorse_ingress_accept_seconds_sum"] == 0.002)
        #expect(found["posthorse_ingress_accept_seconds_bucket{le=\"0.0025\"}"] == 1)
        #expect(found["posthorse_spool_commit_seconds_sum"] == 0.007)
        #expect(found["posthorse_spool_commit_operations_bucket{le=\"2\"}"] == 0)
        #expect(found["posthorse_spool_commit_operations_bucket{le=\"4\"}"] == 1)
        #expect(found["posthorse_delivery_wait_seconds_sum{route=\"bulk\"}"] == 2)
        #expect(found["posthorse_delivery_accept_to_taken_seconds_bucket{route=\"bulk\",le=\"60\"}"] == 0)
        #expect(found["posthorse_delivery_accept_to_taken_seconds_bucket{route=\"bulk\",le=\"300\"}"] == 1)
    }

    @Test("the relay's version, its start, and its reloads")
    func process() throws {
        metrics.started(version: "1.2.3", at: Timestamp(milliseconds: 1_763_763_561_250))
        metrics.reloaded(isGood: true)
        metrics.reloaded(isGood: false)
        metrics.reloaded(isGood: false)
        let found = try samples("ses")
        #expect(found["posthorse_build_info{version=\"1.2.3\"}"] == 1)
        #expect(found["process_start_time_seconds"] == 1_763_763_561.25)
        #expect(found["posthorse_reloads_total{result=\"good\"}"] == 1)
        #expect(found["posthorse_reloads_total{result=\"bad\"}"] == 2)
    }

    @Test("the oldest message that waits is told apart from the oldest one, which may be on hold")
    func oldest() throws {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        var queue = SpoolStatistics(messages: 2)
        queue.oldestReceivedAt = Timestamp(milliseconds: now.milliseconds - 90_000)
        queue.oldestWaitingReceivedAt = Timestamp(milliseconds: now.milliseconds - 30_000)
        let found = try PrometheusReader.read(
            metrics.text(upstreams: [], queue: queue, states: [], takenAt: now, now: now))
        #expect(found["posthorse_queue_oldest_message_age_seconds"] == 90)
        #expect(found["posthorse_queue_oldest_waiting_message_age_seconds"] == 30)
    }

    // MARK: Reloads

    @Test("a removed upstream gives up its series once nothing is in progress there, and begins anew if it comes back")
    func removed() throws {
        metrics.meters.upstream("ses").failedOver(.slow)
        metrics.replace(upstreams: ["mg"], routes: ["default"])
        #expect(try samples("mg", "ses").keys.contains { $0.contains("upstream=\"ses\"") })
        let found = try samples("mg")
        #expect(!found.keys.contains { $0.contains("upstream=\"ses\"") })
        #expect(found["posthorse_delivery_phase_seconds_count{upstream=\"mg\",phase=\"tls\"}"] == 0)
        _ = metrics.meters.upstream("ses")
        #expect(
            try samples("mg", "ses")["posthorse_delivery_failovers_total{upstream=\"ses\",cause=\"slow\"}"] == 0)
    }

    @Test("a scrape amid a reload forgets no meter of an upstream that is new")
    func race() throws {
        let meter = metrics.meters.upstream("new")
        // The scrape asked for the upstreams before the reload.
        _ = try samples("ses")
        metrics.replace(upstreams: ["ses", "new"], routes: ["default"])
        meter.reply.record(.seconds(1))
        let found = try samples("ses", "new")
        #expect(found["posthorse_delivery_phase_seconds_sum{upstream=\"new\",phase=\"reply\"}"] == 1)
    }

    @Test("a removed route gives up its series at once, and others keep theirs")
    func routes() throws {
        for name in ["bulk", "default"] { metrics.meters.route(name).wait.record(.seconds(1)) }
        metrics.replace(upstreams: ["ses"], routes: ["default"])
        let found = try samples("ses")
        #expect(!found.keys.contains { $0.contains("route=\"bulk\"") })
        #expect(found["posthorse_delivery_wait_seconds_count{route=\"default\"}"] == 1)
    }
}
