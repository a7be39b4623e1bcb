internal import Mail
internal import Spool
internal import Telemetry
package import Webhooks

/// What the admin interface knows of webhooks and their outbox.
package struct WebhookDesk: Sendable {
    private let book: WebhookBook
    private let courier: WebhookCourier
    let outbox: any OutboxStore
    /// Of the system's clock before the steady one, by which events are kept.
    private let lead: @Sendable () -> Duration

    package init(
        _ book: WebhookBook, _ courier: WebhookCourier, _ outbox: any OutboxStore,
        lead: @escaping @Sendable () -> Duration
    ) {
        self.book = book
        self.courier = courier
        self.outbox = outbox
        self.lead = lead
    }

    /// Names of relay.conf, and of those that it no longer has but the outbox has events for.
    var names: [String] {
        let named = book.webhooks.map(\.name)
        return named + book.sums.keys.filter { !named.contains($0) }.sorted()
    }

    /// The system's time of a steady one.
    func wall(_ moment: Timestamp) -> Timestamp { moment + lead() }

    func documents() -> [WebhookDocument] {
        let (webhooks, sums, status) = (book.webhooks, book.sums, courier.status)
        return names.map { name in
            WebhookDocument(
                name, webhooks.first { $0.name == name }, sums[name] ?? OutboxSum(), status[name] ?? WebhookStatus(),
                wall: wall)
        }
    }

    var figures: [WebhookFigures] {
        let (sums, status) = (book.sums, courier.status)
        return names.map { name in
            let sum = sums[name] ?? OutboxSum()
            return WebhookFigures(
                name: name, waiting: sum.waiting, dead: sum.dead, octets: sum.octets,
                isFailing: status[name].map { $0.failures > 0 } ?? false)
        }
    }

    // MARK: - Orders

    /// How many events an order would be about.
    func count(_ verb: WebhookVerb, _ selection: OutboxSelection) async throws -> Int {
        guard let numbers = selection.numbers else { return book.sums[selection.webhook]?.dead ?? 0 }
        var count = 0
        for number in numbers {
            let isDead = try await has(number, selection.webhook, isDead: true)
            if isDead {
                count += 1
            } else if verb == .drop, try await has(number, selection.webhook, isDead: false) {
                count += 1
            }
        }
        return count
    }

    private func has(_ number: Int, _ webhook: String, isDead: Bool) async throws -> Bool {
        try await outbox.outbox(of: webhook, after: number - 1, isDead: isDead, limit: 1).first?.number == number
    }

    /// - Returns: the number of events that the order was about; durable.
    func carryOut(_ verb: WebhookVerb, _ selection: OutboxSelection) async throws -> Int {
        let update: OutboxUpdate =
            switch verb {
            case .resend: .revive(selection)
            case .drop: .drop(selection)
            }
        let count = try await outbox.change(outbox: [update], isUrgent: true)
        courier.restart(selection.webhook)
        return count
    }
}

/// What operators may order about events.
package enum WebhookVerb: String, Sendable, CaseIterable {
    /// Dead ones are sent again, as if for the first time.
    case resend
    case drop
}
