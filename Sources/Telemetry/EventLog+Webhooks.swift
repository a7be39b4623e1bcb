internal import Mail
package import Webhooks

extension EventLog {
    /// Logs what becomes of the events of a webhook; single deliveries and repeated failures are only counted.
    ///
    /// - Parameter lead: of the system's clock before the steady one.
    package func record(_ news: WebhookNews, of webhook: String, lead: Duration) {
        switch news {
        case .delivered, .refused: break
        case .failed(let reason, let until):
            log(.warning, "webhook_failing") { line in
                line.field("webhook", webhook)
                line.field("reason", reason)
                line.field("until", until + lead)
            }
        case .recovered: log(.notice, "webhook_recovered") { $0.field("webhook", webhook) }
        case .buried(let count, let reason):
            log(.error, "webhook_given_up") { line in
                line.field("webhook", webhook)
                line.field("events", count)
                line.field("reason", reason)
            }
        case .discarded(let count):
            log(.error, "webhook_discarded") { line in
                line.field("webhook", webhook)
                line.field("events", count)
            }
        }
    }
}
