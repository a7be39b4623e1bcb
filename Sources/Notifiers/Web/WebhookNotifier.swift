package import Alerts
package import Mail
package import Outbound

/// A webhook: the alert as JSON, signed as Standard Webhooks has it if there is a secret.
package struct WebhookNotifier: Notifier {
    private let client: any WebClient
    private let url: String
    private let secretFile: String?
    private let now: @Sendable () -> Timestamp

    package init(
        client: any WebClient, url: String, secretFile: String?, now: @escaping @Sendable () -> Timestamp
    ) {
        (self.client, self.url, self.secretFile, self.now) = (client, url, secretFile, now)
    }

    package func tell(_ notification: AlertNotification) async throws {
        let body = WebhookBody(notification).octets
        let fields = try WebhookSignature.headers(
            id: notification.id, timestamp: now().milliseconds / 1000, body: body, secrets: try secrets())
        try await client.post(body, to: try WebURL(parsing: url), fields)
    }

    /// Read each time, so that a new secret needs no reload.
    private func secrets() throws -> [WebhookSecret] {
        guard let secretFile else { return [] }
        return try SecretFile.read(secretFile)
    }
}
