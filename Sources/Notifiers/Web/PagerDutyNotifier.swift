package import Alerts
package import Outbound

/// PagerDuty's Events API v2: an event for each subject.
package struct PagerDutyNotifier: Notifier {
    private let client: any WebClient
    private let url: String
    private let keyFile: String

    package init(client: any WebClient, url: String, keyFile: String) {
        (self.client, self.url, self.keyFile) = (client, url, keyFile)
    }

    /// If it fails after some, all are sent again: events with the same key are one incident.
    package func tell(_ notification: AlertNotification) async throws {
        let (url, key) = (try WebURL(parsing: url), try SecretFile.line(keyFile))
        for (index, single) in notification.single.enumerated() {
            do {
                try await client.post(PagerDutyEvent(single, routingKey: key).octets, to: url)
            } catch var failure as NotifierFailure {
                failure.mayHaveArrived = failure.mayHaveArrived || index > 0
                throw failure
            }
        }
    }
}
