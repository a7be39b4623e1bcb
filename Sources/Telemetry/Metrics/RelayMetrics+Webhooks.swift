package import Webhooks

/// What the outbox holds for one webhook, and how its receiver stands, at scrape time.
package struct WebhookFigures: Sendable {
    package let name: String
    package let waiting: Int
    package let dead: Int
    package let octets: Int
    package let isFailing: Bool

    package init(name: String, waiting: Int, dead: Int, octets: Int, isFailing: Bool) {
        self.name = name
        self.waiting = waiting
        self.dead = dead
        self.octets = octets
        self.isFailing = isFailing
    }
}

extension RelayMetrics {
    package func record(_ news: WebhookNews, of webhook: String) {
        switch news {
        case .delivered: store.sample(.webhookAttempts, webhook, "delivered").add()
        case .refused: store.sample(.webhookAttempts, webhook, "failed").add()
        case .buried(let count, _): store.sample(.webhookGivenUp, webhook).add(count)
        case .discarded(let count): store.sample(.webhookDiscarded, webhook).add(count)
        case .failed, .recovered: break
        }
    }

    /// Figures taken at scrape time; webhooks that are not among them are forgotten.
    package func set(_ webhooks: [WebhookFigures]) {
        let names = Set(webhooks.map(\.name))
        store.removeSamples { family, values in family.labels.first == "webhook" && !names.contains(values[0]) }
        for webhook in webhooks {
            store.sample(.webhookEvents, webhook.name, "waiting").set(Int64(webhook.waiting))
            store.sample(.webhookEvents, webhook.name, "dead").set(Int64(webhook.dead))
            store.sample(.webhookBytes, webhook.name).set(Int64(webhook.octets))
            store.sample(.webhookFailing, webhook.name).set(Int64(webhook.isFailing ? 1 : 0))
            begin(webhook.name)
        }
    }

    /// Counts begin at 0, so that the first one shows as an increase.
    private func begin(_ webhook: String) {
        for family in [MetricFamily.webhookGivenUp, .webhookDiscarded] { _ = store.sample(family, webhook) }
        for result in ["delivered", "failed"] { _ = store.sample(.webhookAttempts, webhook, result) }
    }
}

extension MetricFamily {
    package static let webhooks = [
        webhookAttempts, webhookGivenUp, webhookDiscarded, webhookEvents, webhookBytes, webhookFailing,
    ]

    static let webhookAttempts = MetricFamily(
        "posthorse_webhook_attempts_total", .counter, ["webhook", "result"], "Requests with an event, by result.")
    static let webhookGivenUp = MetricFamily(
        "posthorse_webhook_events_given_up_total", .counter, ["webhook"],
        "Events that are dead: their last attempt has failed, or they were too old.")
    static let webhookDiscarded = MetricFamily(
        "posthorse_webhook_events_discarded_total", .counter, ["webhook"],
        "Events removed undelivered because there was no room, or they were too old.")
    static let webhookEvents = MetricFamily(
        "posthorse_webhook_outbox_events", .gauge, ["webhook", "state"], "Events in the outbox that wait, or are dead.")
    static let webhookBytes = MetricFamily(
        "posthorse_webhook_outbox_bytes", .gauge, ["webhook"], "Bytes of the events in the outbox.")
    static let webhookFailing = MetricFamily(
        "posthorse_webhook_failing", .gauge, ["webhook"], "1 while the receiver fails and is left alone in between.")
}
