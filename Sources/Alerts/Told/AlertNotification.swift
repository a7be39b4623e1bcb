package import Mail

/// What somebody is told. Times are by the system's clock, in RFC 3339, as they will be shown. Texts are on one line each,
/// and have nothing in them that is not seen: strangers may have written them.
package struct AlertNotification: Hashable, Sendable, Codable {
    /// Unique; the same in every try.
    package var id: String
    /// Name of the alert.
    package var alert: String
    package var status: AlertNotice.Status
    package var severity: AlertSeverity
    /// At least one, such as the name of an upstream.
    package var subjects: [Subject]
    /// When its status began: when the alert fired, or fired still, or was over for `clear_for`.
    package var at: String
    /// The same for every subject, such as the name of the relay.
    package var labels: [String: String]

    package struct Subject: Hashable, Sendable, Codable {
        package var name: String
        package var since: String
        package var text: String
        package var labels: [String: String]
    }

    /// - Parameters:
    ///   - relay: name of the relay.
    ///   - lead: how far the system's clock is ahead of the steady one, by which the notice is.
    package init(_ notice: AlertNotice, id: String, relay: String, now: Timestamp, lead: Duration) {
        self.id = id
        (alert, status, severity) = (notice.rule.name, notice.status, notice.rule.weight)
        subjects = notice.subjects.map { subject in
            Subject(
                name: VisibleLine.of(subject.name), since: (subject.since + lead).rfc3339,
                text: VisibleLine.of(subject.report.text), labels: subject.report.labels.mapValues(VisibleLine.of))
        }
        at = (now + lead).rfc3339
        labels = ["relay": relay, "when": notice.rule.kind.rawValue]
        if notice.isRepeated { labels["repeated"] = "true" }
    }

    /// That of a test, which says so.
    package init(testOf rule: AlertRule, id: String, relay: String, now: Timestamp, lead: Duration) {
        let report = AlertReport("this is a test of the alert \(rule.name): nothing is wrong", ["test": "true"])
        let name = rule.upstream ?? rule.route ?? rule.stream ?? "test"
        let subject = AlertNotice.Subject(name: name, since: now, report: report)
        self.init(AlertNotice(rule, .firing, [subject]), id: id, relay: relay, now: now, lead: lead)
        labels["test"] = "true"
    }

    // MARK: Of all subjects together

    /// Their names, with commas.
    package var subject: String { subjects.map(\.name).joined(separator: ", ") }
    /// A sentence for each, on its line.
    package var text: String { subjects.map(\.text).joined(separator: "\n") }
    /// The earliest.
    package var since: String { subjects.map(\.since).min() ?? at }

    /// `since 2026-11-28T22:14:07.120Z`, or `from … to …` once it is over.
    package var period: String { period(since: since) }

    func period(since: String) -> String {
        switch status {
        case .firing: "since \(since)"
        case .resolved: "from \(since) to \(at)"
        }
    }

    /// Whether it was told before, and is told again because it still holds.
    package var isRepeated: Bool { labels["repeated"] != nil }

    /// What is the same for all of them.
    package var commonLabels: [String: String] {
        let own = subjects.map(\.labels)
        let common = own.first?.filter { name, value in own.allSatisfy { $0[name] == value } } ?? [:]
        return labels.merging(common) { first, _ in first }
    }

    /// One line: `[firing, critical] all_down: default`.
    package var title: String { "[\(status.rawValue), \(severity.rawValue)] \(alert): \(subject)" }

    /// The same of each subject alone, for those who keep them apart.
    package var single: [AlertNotification] {
        subjects.map { subject in
            var notification = self
            notification.subjects = [subject]
            return notification
        }
    }
}
