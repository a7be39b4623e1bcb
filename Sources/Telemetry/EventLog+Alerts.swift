package import Alerts
internal import Mail

extension EventLog {
    /// Logs what becomes of alerts.
    package func record(_ event: AlertEvent) {
        switch event {
        case .told(let notice):
            for subject in notice.subjects {
                switch notice.status {
                case .firing: fires(notice, subject)
                case .resolved: resolved(notice, subject)
                }
            }
        case .notified(let sink, let notification):
            log(.info, "alert_notified") { line in
                line.field("notify", sink)
                line.field("alert", notification.alert)
                line.field("status", notification.status.rawValue)
                line.field("subject", notification.subject)
            }
        case .notNotified(let sink, let notification, let reason, let next):
            log(.warning, "alert_notify_failed") { line in
                line.field("notify", sink)
                line.field("alert", notification.alert)
                line.field("status", notification.status.rawValue)
                line.field("subject", notification.subject)
                line.field("reason", reason)
                if let next { line.field("retry_at", next) }
            }
        case .silenced(let name, let silence):
            log(.notice, "alert_silenced") { line in
                line.field("alert", name)
                line.field("until", silence.until)
                line.field("who", silence.who)
                line.field("reason", silence.reason)
            }
        case .unsilenced(let name, let who, let reason):
            log(.notice, "alert_unsilenced") { line in
                line.field("alert", name)
                line.field("who", who)
                line.field("reason", reason)
            }
        case .tested(let name, let who, let reason):
            log(.notice, "alert_tested") { line in
                line.field("alert", name)
                line.field("who", who)
                line.field("reason", reason)
            }
        case .stateLost(let path, let reason, let keptAt):
            log(.error, "alerts_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        case .stateUnsaved(let path, let reason):
            log(.warning, "alerts_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }

    private func fires(_ notice: AlertNotice, _ subject: AlertNotice.Subject) {
        let severity = notice.rule.weight
        log(severity == .critical ? .error : severity == .warning ? .warning : .notice, "alert_firing") { line in
            line.field("alert", notice.rule.name)
            line.field("when", notice.rule.kind.rawValue)
            line.field("severity", severity.rawValue)
            line.field("subject", subject.name)
            line.field("text", subject.report.text)
            line.field("since", subject.since)
            if notice.isRepeated { line.field("repeated", "yes") }
            if notice.isSilenced { line.field("silenced", "yes") }
        }
    }

    private func resolved(_ notice: AlertNotice, _ subject: AlertNotice.Subject) {
        log(.notice, "alert_resolved") { line in
            line.field("alert", notice.rule.name)
            line.field("when", notice.rule.kind.rawValue)
            line.field("severity", notice.rule.weight.rawValue)
            line.field("subject", subject.name)
            line.field("text", subject.report.text)
            line.field("since", subject.since)
            if notice.isSilenced { line.field("silenced", "yes") }
        }
    }
}
