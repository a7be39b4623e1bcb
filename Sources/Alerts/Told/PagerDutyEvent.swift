/// An event of PagerDuty's Events API v2, about one subject: events with the same key are one incident there.
package struct PagerDutyEvent: Codable, Hashable, Sendable {
    package enum Action: String, Codable, Hashable, Sendable {
        case trigger, resolve
    }

    package struct Payload: Codable, Hashable, Sendable {
        /// At most 1024 characters.
        package var summary: String
        package var source: String
        package var severity: AlertSeverity
        package var timestamp: String
        package var component: String
        package var group: String
        package var custom_details: [String: String]
    }

    package static let url = "https://events.pagerduty.com/v2/enqueue"
    /// Characters that PagerDuty takes.
    static let (summaryLimit, keyLimit) = (1024, 255)

    package var routing_key: String
    package var event_action: Action
    package var dedup_key: String
    package var payload: Payload

    /// - Parameter notification: with one subject; of more, only the first counts.
    package init(_ notification: AlertNotification, routingKey: String) {
        let relay = notification.labels["relay"] ?? "posthorse"
        let subject = notification.subjects.first?.name ?? ""
        let test = notification.labels["test"].map { _ in "/test" } ?? ""
        routing_key = routingKey
        event_action = notification.status == .firing ? .trigger : .resolve
        dedup_key = String("posthorse/\(relay)/\(notification.alert)/\(subject)\(test)".prefix(Self.keyLimit))
        var details = notification.commonLabels
        (details["since"], details["at"]) = (notification.since, notification.at)
        details["period"] = notification.period
        payload = Payload(
            summary: String("\(notification.alert) \(subject): \(notification.text)".prefix(Self.summaryLimit)),
            source: relay, severity: notification.severity, timestamp: notification.at, component: subject,
            group: notification.alert, custom_details: details)
    }

    package var octets: [UInt8] { AlertJSON.octets(self) }
}
