package import Mail

/// What is to be told of one alert: all its subjects of one look together.
package struct AlertNotice: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, Codable {
        case firing, resolved
    }

    package struct Subject: Hashable, Sendable {
        package var name: String
        package var since: Timestamp
        package var report: AlertReport

        package init(name: String, since: Timestamp, report: AlertReport) {
            (self.name, self.since, self.report) = (name, since, report)
        }
    }

    package var rule: AlertRule
    package var status: Status
    /// At least one, in the order of their names.
    package var subjects: [Subject]
    /// Whether it was told before, and is told again because it still holds.
    package var isRepeated = false
    /// Whether only the log is told.
    package var isSilenced = false
    /// Whether the log has it already.
    package var isLogged = false
    /// Who is told, by name.
    package var sinks: [String]

    package init(_ rule: AlertRule, _ status: Status, _ subjects: [Subject]) {
        (self.rule, self.status, self.subjects) = (rule, status, subjects)
        sinks = rule.notify
    }
}
