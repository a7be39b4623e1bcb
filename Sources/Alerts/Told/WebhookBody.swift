internal import FoundationEssentials

/// What a webhook and a command get, as JSON: one object. Names are a contract.
package struct WebhookBody: Codable, Hashable, Sendable {
    package var alert: String
    package var status: AlertNotice.Status
    package var severity: AlertSeverity
    package var subject: String
    /// `subject` as a list.
    package var subjects: [String]
    package var text: String
    /// When the alert began.
    package var since: String
    /// When its status began.
    package var at: String
    package var labels: [String: String]

    package init(_ notification: AlertNotification) {
        (alert, status, severity) = (notification.alert, notification.status, notification.severity)
        (subject, subjects) = (notification.subject, notification.subjects.map(\.name))
        (text, labels) = (notification.text, notification.commonLabels)
        (since, at) = (notification.since, notification.at)
    }

    package var octets: [UInt8] { AlertJSON.octets(self) }
}

/// JSON of what is told: names in alphabetical order, slashes unescaped.
enum AlertJSON {
    static func octets(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(document) else { preconditionFailure("texts and numbers are JSON") }
        return Array(data)
    }
}
