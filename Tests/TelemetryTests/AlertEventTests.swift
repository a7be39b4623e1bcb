import Alerts
import Mail
import Spool
import Telemetry
import Testing

@Suite("Alerts in the log and in the figures")
struct AlertEventTests {
    private let since = Timestamp(milliseconds: 1_763_719_200_123)

    private func notice(_ status: AlertNotice.Status, _ kind: AlertKind = .allDown) -> AlertNotice {
        let subject = AlertNotice.Subject(
            name: "default", since: since, report: AlertReport("no upstream takes mail: \"421\nforged\""))
        return AlertNotice(AlertRule(name: "a", kind: kind), status, [subject])
    }

    private var notification: AlertNotification {
        AlertNotification(notice(.firing), id: "alert_1", relay: "relay.test", now: since, lead: .zero)
    }

    @Test("a line for each subject, of the level of its severity, that nobody can forge")
    func lines() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(AlertEvent.told(notice(.firing)))
            var again = notice(.firing, .failedBack)
            (again.isRepeated, again.isSilenced) = (true, true)
            log.record(AlertEvent.told(again))
            log.record(AlertEvent.told(notice(.resolved)))
        }.map { $0.dropFirst(25) }
        let text = #"text="no upstream takes mail: \"421\nforged\"" since=2025-11-21T10:00:00.123Z"#
        #expect(
            lines == [
                "error alert_firing alert=a when=all_down severity=critical subject=default \(text)",
                "notice alert_firing alert=a when=failed_back severity=info subject=default \(text) repeated=yes "
                    + "silenced=yes",
                "notice alert_resolved alert=a when=all_down severity=critical subject=default \(text)",
            ])
    }

    @Test("who is told, who is not, and what operators order")
    func others() {
        let lines = LogLineTests.lines(.text) { log in
            log.record(AlertEvent.notified(sink: "ops", notification))
            log.record(AlertEvent.notNotified(sink: "ops", notification, reason: "no answer", next: since))
            log.record(AlertEvent.notNotified(sink: "ops", notification, reason: "no answer", next: nil))
            log.record(AlertEvent.silenced("a", AlertSilence(since: since, until: since, who: "ann", reason: "why")))
            log.record(AlertEvent.unsilenced("a", who: nil, reason: nil))
            log.record(AlertEvent.tested("a", who: "ann", reason: nil))
            log.record(AlertEvent.stateLost(path: "/s/alerts.json", reason: "x", keptAt: "/s/alerts.json.broken"))
            log.record(AlertEvent.stateUnsaved(path: "/s/alerts.json", reason: "x"))
        }.map { String($0.dropFirst(25)) }
        #expect(
            lines == [
                "info alert_notified notify=ops alert=a status=firing subject=default",
                "warning alert_notify_failed notify=ops alert=a status=firing subject=default reason=\"no answer\" "
                    + "retry_at=2025-11-21T10:00:00.123Z",
                "warning alert_notify_failed notify=ops alert=a status=firing subject=default reason=\"no answer\"",
                "notice alert_silenced alert=a until=2025-11-21T10:00:00.123Z who=ann reason=why",
                "notice alert_unsilenced alert=a", "notice alert_tested alert=a who=ann",
                "error alerts_unreadable path=/s/alerts.json reason=x kept_at=/s/alerts.json.broken",
                "warning alerts_unwritable path=/s/alerts.json reason=x",
            ])
    }

    @Test("tries are counted for each who is told, from 0, and forgotten with him")
    func counts() {
        let metrics = RelayMetrics(upstreams: [])
        metrics.replace(notify: ["ops", "boss"])
        metrics.record(AlertEvent.notified(sink: "ops", notification))
        metrics.record(AlertEvent.notNotified(sink: "ops", notification, reason: "", next: since))
        metrics.record(AlertEvent.notNotified(sink: "ops", notification, reason: "", next: nil))
        metrics.replace(notify: ["ops"], former: ["ops", "boss"])
        let status = AlertStatus(AlertGroup(AlertRule(name: "a", kind: .allDown)), nil, lead: .zero)
        let text = metrics.text(
            upstreams: [], queue: SpoolStatistics(), states: [], takenAt: since, now: since, alerts: [status])
        for result in ["sent", "failed", "given_up"] {
            #expect(text.contains("posthorse_alert_notifications_total{notify=\"ops\",result=\"\(result)\"} 1\n"))
        }
        #expect(!text.contains("boss"))
        #expect(text.contains("posthorse_alerts_firing{alert=\"a\",severity=\"critical\"} 0\n"))
    }
}
