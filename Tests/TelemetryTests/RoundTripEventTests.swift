import Mail
import RoundTrips
import Spool
import Telemetry
import Testing

@Suite("Round trips in the log and in the figures")
struct RoundTripEventTests {
    private let since = Timestamp(milliseconds: 1_763_719_200_123)
    private let path = TripPath(trip: "gmail", upstream: "ses", mailbox: "p@gmail.example")
    private let routed = TripPath(trip: "gmail", upstream: nil, mailbox: "p@gmail.example")

    private func arrived(_ path: TripPath, isLate: Bool = false) -> TripNews {
        let bounds = TripBounds(
            acceptedAt: since, handedOverAt: since, tookAt: since + .seconds(1), seenAt: since + .seconds(4))
        let times = TripTimes(HeaderTrace(), internalDate: nil, bounds, hostname: "relay")
        return .fact(
            TripFact(
                path: path, sentAt: since, kind: .arrived(TripArrival(folder: .junk, isLate: isLate, times: times))))
    }

    @Test("a line for each change, mailbox and blame, that nobody can forge")
    func lines() {
        let blame = UpstreamBlame(
            upstream: "ses", action: .open, cause: "2 probes are lost", since: since, paths: [path])
        let lines = LogLineTests.lines(.text) { log in
            log.record(TripNews.changed(change(path, from: nil, to: .ok, "took 2 s")))
            log.record(TripNews.changed(change(routed, from: .ok, to: .missing, "lost\nforged")))
            log.record(TripNews.changed(change(path, from: .missing, to: .ok, "took 2 s")))
            log.record(TripNews.mailbox(mailbox(isFaulty: true)))
            log.record(TripNews.mailbox(mailbox(isFaulty: false)))
            log.record(TripNews.blamed(blame, applied: true))
            log.record(TripNews.acquitted(upstream: "ses", cause: "round trips arrive again"))
            log.record(TripNews.notSent(path, reason: "the spool is full"))
            log.record(TripNews.notSent(path, reason: "the spool is full", isRepeated: true))
            log.record(TripNews.unreadable(path: "/s/trips", reason: "x", keptAt: nil))
            log.record(TripNews.unwritable(path: "/s/trips", reason: "x"))
            log.record(arrived(path))
        }.map { $0.dropFirst(25) }
        let (ses, box) = ("name=gmail upstream=ses", "mailbox=p@gmail.example")
        #expect(
            lines == [
                "info round_trip \(ses) \(box) to=ok cause=\"took 2 s\"",
                "warning round_trip name=gmail \(box) from=ok to=missing cause=\"lost\\nforged\"",
                "notice round_trip \(ses) \(box) from=missing to=ok cause=\"took 2 s\"",
                "warning round_trip_mailbox \(box) state=unreachable cause=why",
                "notice round_trip_mailbox \(box) state=ok cause=why",
                "warning round_trip_blame upstream=ses state=blamed action=open applied=yes "
                    + "since=2025-11-21T10:00:00.123Z cause=\"2 probes are lost\"",
                "notice round_trip_blame upstream=ses state=acquitted cause=\"round trips arrive again\"",
                "warning round_trip_not_sent \(ses) reason=\"the spool is full\"",
                "error round_trips_unreadable path=/s/trips reason=x",
                "error round_trips_unwritable path=/s/trips reason=x",
                "debug round_trip_probe \(ses) sent_at=2025-11-21T10:00:00.123Z outcome=arrived folder=junk queue=0ms "
                    + "handover=1000ms transit=3000ms lookup=0ms total=4000ms",
            ])
    }

    private func change(_ path: TripPath, from: TripVerdict?, to: TripVerdict, _ cause: String) -> TripChange {
        TripChange(path: path, from: from, to: to, cause: cause, at: since)
    }

    private func mailbox(isFaulty: Bool) -> MailboxChange {
        MailboxChange(mailbox: "p@gmail.example", isFaulty: isFaulty, cause: "why", at: since)
    }

    @Test("figures: outcomes, folders, times by stage, and the state of each")
    func figures() throws {
        let metrics = RelayMetrics(upstreams: [])
        metrics.record(arrived(path))
        metrics.record(arrived(path, isLate: true))
        metrics.record(TripNews.fact(TripFact(path: path, sentAt: since, kind: .sent)))
        metrics.record(TripNews.fact(TripFact(path: path, sentAt: since, kind: .missing)))
        let text = try Self.text(metrics, [path, routed])
        let ses = "name=\"gmail\",upstream=\"ses\""
        for line in [
            "posthorse_round_trip_probes_total{\(ses),outcome=\"arrived\"} 1",
            "posthorse_round_trip_probes_total{\(ses),outcome=\"late\"} 1",
            "posthorse_round_trip_probes_total{\(ses),outcome=\"missing\"} 1",
            "posthorse_round_trip_arrivals_total{\(ses),folder=\"junk\"} 2",
            "posthorse_round_trip_seconds_sum{\(ses),stage=\"total\"} 8.000000",
            "posthorse_round_trip_seconds_bucket{\(ses),stage=\"total\",le=\"5\"} 2",
            "posthorse_round_trip_state{\(ses),state=\"missing\"} 1",
            "posthorse_round_trip_state{name=\"gmail\",upstream=\"\",state=\"ok\"} 0",
            "posthorse_round_trip_under_way_probes{\(ses)} 3",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        // One that is gone is forgotten.
        #expect(try !Self.text(metrics, [routed]).contains("upstream=\"ses\""))
    }

    private static func text(_ metrics: RelayMetrics, _ paths: [TripPath]) throws -> String {
        let lines = paths.map { path in
            TripListing(
                TripStanding(path: path, verdict: path.upstream == nil ? nil : .missing, underWay: 3),
                total: TripRollup())
        }
        return metrics.text(
            upstreams: [], queue: SpoolStatistics(messages: 0, recipients: 0, octets: 0, byState: [:]), states: [],
            takenAt: Timestamp(milliseconds: 0), now: Timestamp(milliseconds: 0), roundTrips: lines)
    }
}
