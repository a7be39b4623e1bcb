import Alerts
import Delivery
import Ingress
import Mail
import RoundTrips
import Spool
import TestKit
import Testing
import Upstreams
import Webhooks

@testable import Suppression
@testable import Telemetry

@Suite("Counters")
struct CounterTests {
    /// What makes one sample of a counter rise, and by how much.
    struct Case: CustomTestStringConvertible, Sendable {
        let sample: String
        let rise: Double
        let record: @Sendable (RelayMetrics) -> Void

        var testDescription: String { sample }

        init(_ sample: String, rise: Double = 1, _ event: IngressEvent) {
            (self.sample, self.rise) = (sample, rise)
            record = { $0.record(event) }
        }

        init(_ sample: String, rise: Double = 1, _ event: SuppressionEvent) {
            (self.sample, self.rise) = (sample, rise)
            record = { $0.record(event) }
        }

        /// What the API counts, which is no event of these parts.
        init(_ sample: String, _ family: MetricFamily, _ reason: String) {
            (self.sample, rise) = (sample, 1)
            record = { $0.store.sample(family, reason).add() }
        }

        /// What a part of the relay measures by itself.
        init(_ sample: String, by record: @escaping @Sendable (RelayMetrics) -> Void) {
            (self.sample, rise, self.record) = (sample, 1, record)
        }

        init(_ sample: String, rise: Double = 1, _ news: WebhookNews) {
            (self.sample, self.rise) = (sample, rise)
            record = { $0.record(news, of: "app") }
        }

        init(_ sample: String, rise: Double = 1, _ event: DeliveryEvent) {
            (self.sample, self.rise) = (sample, rise)
            record = { $0.record(event) }
        }
    }

    private static let id = QueueID(rawValue: 1)
    private static let match = SuppressionMatch(
        key: SuppressionKey(SuppressionPattern(address: "a@b.example")), source: .hardBounces, addedBy: nil,
        addedAt: Timestamp(milliseconds: 1))

    private static func added(_ source: SuppressionSource) -> SuppressionEvent {
        let bounce = Bounce(queueID: id, address: two[0], kind: .hard, reply: "550 no", at: match.addedAt)
        return .added(SuppressionEntry(match.key, reason: "", source: source, addedAt: match.addedAt), bounce)
    }

    private static let suppressions: [Case] = [
        Case(
            "posthorse_delivery_suppressed_recipients_total{action=\"refuse\"}",
            .suppressed(client: "::1", sender: .null, recipient: two[0], match)),
        Case(
            "posthorse_delivery_suppressed_recipients_total{action=\"drop\"}",
            .suppressed(id, recipient: two[0], match, .drop)),
        Case("posthorse_delivery_suppressions_added_total{source=\"hard_bounces\"}", added(.hardBounces)),
        Case("posthorse_delivery_suppressions_added_total{source=\"soft_bounces\"}", added(.softBounces)),
    ]

    private static let streams: [Case] = StreamPause.Author.allCases.map { author in
        Case(
            "posthorse_stream_pauses_total{by=\"\(author.rawValue)\"}",
            .stream("spring", .paused(StreamPause(by: author, reason: nil, since: match.addedAt))))
    }

    private static let two = [Address(unchecked: "a@b.example"), Address(unchecked: "c@b.example")]

    private static let ingress: [Case] = [
        Case("posthorse_api_refusals_total{reason=\"token\"}", .apiRefusals, "token"),
        Case("posthorse_api_event_readers_dropped_total{reason=\"behind\"}", .eventReadersDropped, "behind"),
        Case("posthorse_ingress_sessions_opened_total", .sessionOpened),
        Case("posthorse_ingress_messages_total", accepted),
        Case("posthorse_ingress_recipients_total", rise: 3, accepted),
        suspicion(.rate), suspicion(.bounces),
        Case("posthorse_ingress_message_bytes_total", rise: 99, accepted),
        Case(
            "posthorse_ingress_resubmissions_total",
            .resubmitted(id, client: "::1", sender: .null, messageID: "<1@x>")),
        Case("posthorse_ingress_proxy_refusals_total", .proxyRefused(peer: "::1", reason: "x")),
        Case(
            "posthorse_ingress_logins_total{result=\"good\"}",
            .loggedIn(user: "app", client: "::1", mechanism: "PLAIN")),
        Case(
            "posthorse_ingress_logins_total{result=\"bad\"}",
            .loginFailed(user: nil, client: "::1", isLockedOut: false)),
        Case("posthorse_ingress_lockouts_total", .loginFailed(user: nil, client: "::1", isLockedOut: true)),
        Case("posthorse_ingress_tls_handshakes_total{version=\"1.2\"}", .encrypted(version: "TLSv1.2")),
        Case("posthorse_ingress_tls_handshakes_total{version=\"1.3\"}", .encrypted(version: "TLSv1.3")),
        Case(
            "posthorse_ingress_tls_handshakes_total{version=\"none\"}",
            .encryptionFailed(client: "::1", reason: "x")),
    ]

    private static let accepted = IngressEvent.accepted(
        id, client: "::1", sender: .null, recipients: 3, size: 99, messageID: "<1@x>", took: .zero)

    private static let refusals: [Case] = [
        ("stopping", "421 4.3.2 x"), ("timeout", "421 4.4.2 x"), ("abuse", "421 4.7.0 x"), ("limit", "450 4.7.1 x"),
        ("storage", "452 4.3.1 x"), ("line_end", "550 5.6.0 x"), ("size", "552 5.3.4 x"), ("loop", "554 5.4.6 x"),
        ("key", "554 5.6.0 x"), ("not_allowed", "550 5.7.1 x"), ("security", "535 5.7.8 x"),
        ("address", "501 5.1.3 x"), ("syntax", "555 5.5.4 x"), ("other", "599 x"),
    ].map { reason, reply in
        Case(
            "posthorse_ingress_refusals_total{reason=\"\(reason)\"}",
            IngressEvent.refused(client: "::1", reply: reply, reason: "x"))
    }

    private static let limits: [Case] = LimitName.allCases.map { name in
        Case(
            "posthorse_ingress_limit_hits_total{limit=\"\(name.rawValue)\"}",
            .limited(name, client: "::1", reply: "450 4.7.1 x"))
    }

    private static func suspicion(_ cause: UserHabit.Cause) -> Case {
        Case(
            "posthorse_ingress_suspicions_total{cause=\"\(cause.rawValue)\"}",
            IngressEvent.userSuspected(user: "app", cause: cause, .hold, recipients: 200, usual: 3))
    }

    private static let delivery: [Case] = [
        outcome(
            "delivered",
            .delivered(
                id, recipients: two, upstream: "ses", reply: "", took: .zero, delay: .zero, wait: .zero, tls: nil)),
        outcome(
            "deferred",
            .deferred(
                id, recipients: two, upstream: "ses", phase: nil, reply: "", next: nil, retryAt: nil, tls: nil)),
        outcome("failed", .failed(id, recipients: two, upstream: "ses", phase: "rcpt", reply: "", .policy)),
        outcome(
            "in_doubt",
            .inDoubt(id, recipients: two, upstream: "ses", error: "", policy: "hold", holdUntil: nil)),
        opinion("confirmed", true), opinion("refuted", false),
        Case(
            "posthorse_delivery_tls_fallbacks_total{upstream=\"ses\"}", .tlsFailed(upstream: "ses", reason: "x")),
        Case(
            "posthorse_delivery_slow_downs_total{upstream=\"ses\"}",
            .slowedDown(upstream: "ses", rate: 1, reply: "450")),
        Case(
            "posthorse_delivery_pace_slow_downs_total{pace=\"family:google\"}",
            .paceLowered(pace: "family:google", domain: "family:google", rate: 1, reply: "450")),
    ]

    private static func outcome(_ name: String, _ event: DeliveryEvent) -> Case {
        Case("posthorse_delivery_recipients_total{upstream=\"ses\",outcome=\"\(name)\"}", rise: 2, event)
    }

    private static func opinion(_ name: String, _ isConfirmed: Bool) -> Case {
        Case(
            "posthorse_delivery_second_opinions_total{upstream=\"ses\",result=\"\(name)\"}",
            .secondOpinion(
                id, recipients: two, upstream: "ses", by: "mg", isConfirmed: isConfirmed, reply: "550 mumble"))
    }

    private static let circuits: [Case] = CircuitState.allCases.map { state in
        Case(
            "posthorse_delivery_circuit_changes_total{upstream=\"ses\",state=\"\(state.rawValue)\"}",
            .circuit(
                upstream: "ses", from: state == .open ? .closed : .open, to: state, share: 0, cause: "", until: nil))
    }

    private static let resolutions: [Case] = DoubtResolution.allCases.map { resolution in
        Case(
            "posthorse_delivery_resolved_recipients_total{resolution=\"\(resolution.rawValue)\"}", rise: 2,
            .resolved(id, recipients: two, resolution: resolution.rawValue))
    }

    private static let notices: [Case] = NoticeKind.aboutMail.map { kind in
        Case(
            "posthorse_delivery_notices_total{kind=\"\(kind.rawValue)\"}",
            .notice(id, notice: id, kind: kind, to: two[0], recipients: two))
    }

    private static let failures: [Case] = FailureClass.allCases.map { failure in
        Case(
            "posthorse_delivery_failures_total{class=\"\(failure.rawValue)\"}", rise: 2,
            .failed(id, recipients: two, upstream: "ses", phase: "rcpt", reply: "", failure))
    }

    private static let failovers: [Case] = CircuitReason.opening.map { cause in
        Case("posthorse_delivery_failovers_total{upstream=\"ses\",cause=\"\(cause.rawValue)\"}") {
            $0.meters.upstream("ses").failedOver(cause)
        }
    }

    private static let failbacks: [Case] = CircuitReason.closing.map { cause in
        Case("posthorse_delivery_failbacks_total{upstream=\"ses\",cause=\"\(cause.rawValue)\"}") {
            $0.meters.upstream("ses").failedBack(cause)
        }
    }

    private static let handshakes: [Case] = ["1.2", "1.3", "none"].map { label in
        Case("posthorse_delivery_tls_handshakes_total{upstream=\"ses\",version=\"\(label)\"}") {
            $0.meters.upstream("ses").shookHands(label == "none" ? nil : "TLSv\(label)")
        }
    }

    private static let reloads: [Case] = [("good", true), ("bad", false)].map { label, isGood in
        Case("posthorse_reloads_total{result=\"\(label)\"}") { $0.reloaded(isGood: isGood) }
    }

    private static let webhooks: [Case] = [
        Case("posthorse_webhook_attempts_total{webhook=\"app\",result=\"delivered\"}", WebhookNews.delivered),
        Case("posthorse_webhook_attempts_total{webhook=\"app\",result=\"failed\"}", WebhookNews.refused),
        Case(
            "posthorse_webhook_events_given_up_total{webhook=\"app\"}", rise: 3, WebhookNews.buried(3, reason: "no")),
        Case("posthorse_webhook_events_discarded_total{webhook=\"app\"}", rise: 4, WebhookNews.discarded(4)),
    ]

    private static let alerts: [Case] = [
        notified("sent") { AlertEvent.notified(sink: "ops", $0) },
        notified("failed") { .notNotified(sink: "ops", $0, reason: "no answer", next: match.addedAt) },
        notified("given_up") { .notNotified(sink: "ops", $0, reason: "no answer", next: nil) },
    ]

    private static func notified(
        _ result: String, _ event: @escaping @Sendable (AlertNotification) -> AlertEvent
    ) -> Case {
        Case("posthorse_alert_notifications_total{notify=\"ops\",result=\"\(result)\"}") { metrics in
            let subject = AlertNotice.Subject(name: "default", since: match.addedAt, report: AlertReport("down"))
            let notice = AlertNotice(AlertRule(name: "a", kind: .allDown), .firing, [subject])
            metrics.record(event(AlertNotification(notice, id: "1", relay: "r", now: match.addedAt, lead: .zero)))
        }
    }

    private static let trip = TripPath(trip: "gmail", upstream: "ses", mailbox: "p@gmail.example")

    private static func roundTrip(_ sample: String, _ kind: TripFact.Kind) -> Case {
        Case("posthorse_round_trip_\(sample)") {
            $0.record(TripNews.fact(TripFact(path: trip, sentAt: match.addedAt, kind: kind)))
        }
    }

    private static func arrival(_ folder: TripFolder, isLate: Bool = false) -> TripFact.Kind {
        let moment = match.addedAt
        let bounds = TripBounds(acceptedAt: moment, handedOverAt: moment, tookAt: moment, seenAt: moment)
        let times = TripTimes(HeaderTrace(), internalDate: nil, bounds, hostname: "relay")
        return .arrived(TripArrival(folder: folder, isLate: isLate, times: times))
    }

    private static let roundTrips: [Case] =
        [
            ("arrived", arrival(.inbox)), ("late", arrival(.inbox, isLate: true)), ("missing", .missing),
            ("failed", .failed), ("unjudged", .unjudged), ("excused", .excused), ("returned", .returned),
            ("doubled", .doubled),
        ].map { outcome, kind in
            roundTrip("probes_total{name=\"gmail\",upstream=\"ses\",outcome=\"\(outcome)\"}", kind)
        }
        + TripFolder.allCases.map { folder in
            roundTrip(
                "arrivals_total{name=\"gmail\",upstream=\"ses\",folder=\"\(folder.rawValue)\"}", arrival(folder))
        }

    private static let all: [Case] = [
        ingress, refusals, limits, delivery, circuits, resolutions, notices, suppressions, streams, failures,
        failovers, failbacks, handshakes, reloads, webhooks, alerts, roundTrips,
    ].flatMap(
        \.self)

    private func samples(_ metrics: RelayMetrics, probes: (good: Int, bad: Int) = (0, 0)) throws -> [String: Double] {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let upstreams = ["ses", "mg"].enumerated().map { index, name in
            var status = UpstreamStatus(name: name, priority: index + 1, address: "x:25", since: now)
            if name == "ses" { (status.probesSucceeded, status.probesFailed) = probes }
            return status
        }
        return try PrometheusReader.read(
            metrics.text(
                upstreams: upstreams, queue: SpoolStatistics(), states: [], takenAt: now, now: now,
                webhooks: [WebhookFigures(name: "app", waiting: 1, dead: 2, octets: 3, isFailing: true)],
                roundTrips: [TripListing(TripStanding(path: Self.trip), total: TripRollup())]))
    }

    @Test("one event makes its sample rise, by as much as it counts, and every other time again", arguments: all)
    func counts(_ example: Case) throws {
        let metrics = RelayMetrics(upstreams: ["ses", "mg"])
        let before = try samples(metrics)[example.sample] ?? 0
        example.record(metrics)
        let once = try samples(metrics)
        #expect(once[example.sample] == before + example.rise)
        example.record(metrics)
        #expect(try samples(metrics)[example.sample] == before + 2 * example.rise)
        // What belongs to no upstream, or to the other one, stays as it was.
        #expect(once.allSatisfy { !$0.key.contains("_total{upstream=\"mg\"") || $0.value == 0 })
    }

    @Test("counts of a webhook begin at 0")
    func webhookCounts() throws {
        let found = try samples(RelayMetrics(upstreams: []))
        for name in ["events_given_up_total{webhook=\"app\"}", "events_discarded_total{webhook=\"app\"}"] {
            #expect(found["posthorse_webhook_\(name)"] == 0)
        }
        for result in ["delivered", "failed"] {
            #expect(found["posthorse_webhook_attempts_total{webhook=\"app\",result=\"\(result)\"}"] == 0)
        }
    }

    @Test("probes are counted by their result")
    func probes() throws {
        let metrics = RelayMetrics(upstreams: ["ses", "mg"])
        let found = try samples(metrics, probes: (good: 3, bad: 2))
        #expect(found["posthorse_delivery_probes_total{upstream=\"ses\",result=\"good\"}"] == 3)
        #expect(found["posthorse_delivery_probes_total{upstream=\"ses\",result=\"bad\"}"] == 2)
        #expect(found["posthorse_delivery_probes_total{upstream=\"mg\",result=\"good\"}"] == 0)
    }

    @Test("what the outbox holds is shown, and a webhook that is gone is forgotten with its counters")
    func outbox() throws {
        let metrics = RelayMetrics(upstreams: ["ses", "mg"])
        metrics.record(WebhookNews.delivered, of: "app")
        metrics.record(WebhookNews.delivered, of: "old")
        let found = try samples(metrics)
        #expect(found["posthorse_webhook_outbox_events{webhook=\"app\",state=\"waiting\"}"] == 1)
        #expect(found["posthorse_webhook_outbox_events{webhook=\"app\",state=\"dead\"}"] == 2)
        #expect(found["posthorse_webhook_outbox_bytes{webhook=\"app\"}"] == 3)
        #expect(found["posthorse_webhook_failing{webhook=\"app\"}"] == 1)
        #expect(found["posthorse_webhook_attempts_total{webhook=\"app\",result=\"delivered\"}"] == 1)
        #expect(!found.keys.contains { $0.contains("\"old\"") })
    }

    @Test("a database has no figures before the first connection, which is no reconnect")
    func database() throws {
        let metrics = RelayMetrics(upstreams: ["ses", "mg"])
        #expect(try !samples(metrics).keys.contains { $0.hasPrefix("posthorse_database_") })
        metrics.databaseConnected("a")
        #expect(try samples(metrics)["posthorse_database_up{node=\"a\"}"] == 1)
        #expect(try samples(metrics)["posthorse_database_reconnects_total{node=\"a\"}"] == 0)
        metrics.databaseLost("a")
        #expect(try samples(metrics)["posthorse_database_up{node=\"a\"}"] == 0)
        metrics.databaseConnected("a")
        #expect(try samples(metrics)["posthorse_database_up{node=\"a\"}"] == 1)
        #expect(try samples(metrics)["posthorse_database_reconnects_total{node=\"a\"}"] == 1)
    }

    @Test("no counter is without such a test, and no sample of one")
    func total() throws {
        let probes = "posthorse_delivery_probes_total"
        let tested = Set(
            Self.all.map { String($0.sample.prefix { $0 != "{" }) } + [probes, "posthorse_database_reconnects_total"])
        #expect(Set(MetricFamily.all.filter { $0.kind == .counter }.map(\.name)).symmetricDifference(tested).isEmpty)
        let names = try samples(RelayMetrics(upstreams: ["ses", "mg"])).keys.filter { name in
            name.contains("_total") && !name.contains("upstream=\"mg\"") && !name.contains("upstream=\"none\"")
                && !name.hasPrefix(probes)
        }
        #expect(Set(names).subtracting(Self.all.map(\.sample)).isEmpty)
    }
}
