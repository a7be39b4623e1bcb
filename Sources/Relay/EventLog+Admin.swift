internal import Admin
internal import Mail
internal import Telemetry

extension EventLog {
    /// Logs what operators have ordered through the admin interface.
    func record(_ event: AdminEvent) {
        switch event {
        case .ordered(let ids, let report): for id in ids { record(id, report) }
        case .imported(let id, let who, let reason):
            log(.notice, "imported") { line in
                line.field("id", id.description)
                if let who { line.field("who", who) }
                if let reason { line.field("reason", reason) }
            }
        case .erased(let recipients, let who, let reason):
            log(.notice, "history_erased") { line in
                line.field("recipients", recipients)
                if let who { line.field("who", who) }
                if let reason { line.field("reason", reason) }
            }
        case .suppressions(let report):
            log(.notice, "suppression_changed") { line in
                line.field("change", report.change)
                if let pattern = report.pattern { line.field("pattern", pattern) }
                if let route = report.route { line.field("route", route) }
                line.field("entries", report.count)
                if let who = report.who { line.field("who", who) }
                if let reason = report.reason { line.field("reason", reason) }
            }
        case .webhook(let report):
            log(.notice, "webhook_changed") { line in
                line.field("webhook", report.webhook)
                line.field("order", report.order.rawValue)
                line.field("events", report.count)
                if let who = report.who { line.field("who", who) }
                if let reason = report.reason { line.field("reason", reason) }
            }
        case .orderEnded(let report, let done, let others):
            log(.notice, "order_ended") { line in
                line.field("order", report.order)
                if let upstream = report.upstream { line.field("upstream", upstream) }
                if report.bounces { line.field("bounce", "yes") }
                if let filter = report.filter { line.field("filter", filter) }
                line.field("done", done)
                line.field("others", others)
                if let who = report.who { line.field("who", who) }
                if let reason = report.reason { line.field("reason", reason) }
            }
        }
    }

    private func record(_ id: QueueID, _ report: QueueOrderReport) {
        log(.info, "ordered") { line in
            line.field("id", id.description)
            line.field("order", report.order)
            if let upstream = report.upstream { line.field("upstream", upstream) }
            if report.bounces { line.field("bounce", "yes") }
            if let who = report.who { line.field("who", who) }
            if let reason = report.reason { line.field("reason", reason) }
        }
    }
}
