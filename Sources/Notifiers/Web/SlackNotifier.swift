package import Alerts
package import Outbound

/// An incoming webhook of Slack. Its URL is a secret, so it stands in a file.
package struct SlackNotifier: Notifier {
    private let client: any WebClient
    private let urlFile: String

    package init(client: any WebClient, urlFile: String) {
        (self.client, self.urlFile) = (client, urlFile)
    }

    package func tell(_ notification: AlertNotification) async throws {
        let url: WebURL
        do throws(WebError) {
            url = try WebURL(parsing: try SecretFile.line(urlFile))
        } catch {
            throw NotifierFailure("there is no URL in \(urlFile): \(error)")
        }
        try await client.post(SlackBody(notification).octets, to: url)
    }
}
