package import Alerts
package import Mail
package import Outbound

/// Makes the notifier that a `[[notify]]` describes.
package struct NotifierMaker: Sendable {
    /// Makes a client that waits for an answer and goes where these settings say.
    package typealias Client = @Sendable (NotifySettings) throws -> any WebClient
    /// Hands in a mail; returns when it is safe in the spool.
    package typealias Post = @Sendable (AlertNotification, [Address]) async throws -> Void

    private let client: Client
    private let post: Post
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the system's clock.
    package init(client: @escaping Client, post: @escaping Post, now: @escaping @Sendable () -> Timestamp) {
        (self.client, self.post, self.now) = (client, post, now)
    }

    /// - Throws: ``NotifierFailure`` if the settings cannot be used.
    package func notifier(_ settings: NotifySettings) throws -> any Notifier {
        switch settings.kind {
        case .webhook:
            WebhookNotifier(
                client: try client(settings), url: settings.url ?? "", secretFile: settings.secretFile, now: now
            )
        case .slack: SlackNotifier(client: try client(settings), urlFile: settings.urlFile ?? "")
        case .pagerduty:
            PagerDutyNotifier(
                client: try client(settings), url: settings.url ?? PagerDutyEvent.url,
                keyFile: settings.routingKeyFile ?? "")
        case .email: EmailNotifier(to: settings.to.map { Address(unchecked: $0) }, post: post)
        case .command: CommandNotifier(command: settings.command, limit: settings.timeout)
        }
    }
}
