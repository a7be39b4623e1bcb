internal import Mail
package import Spool
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

    /// Whether relay.conf no longer names it: nothing is sent to it.
    func isGone(_ webhook: String) -> Bool { !book.webhooks.contains { $0.name == webhook } }

    /// What is meant by all events of a webhook: nobody waits for those of one that is gone, so all of them may go.
    func everything(_ verb: WebhookVerb, of webhook: String) -> OutboxSelection {
        OutboxSelection(webhook: webhook, hasWaiting: verb == .drop && isGone(webhook))
    }

    /// What an order would do.
    func rehearse(_ verb: WebhookVerb, _ selection: OutboxSelection) async throws -> WebhookResultDocument {
        guard let numbers = selection.numbers else {
            let sum = book.sums[selection.webhook] ?? OutboxSum()
            return WebhookResultDocument(events: selection.hasWaiting ? sum.events : sum.dead)
        }
        var results: [WebhookOrderLine] = []
        for number in numbers {
            let state = try await state(of: number, selection.webhook)
            results.append(Self.outlook(verb, number, state, selection.webhook))
        }
        return WebhookResultDocument(results)
    }

    /// Whether an event is dead; nil if there is no such event.
    private func state(of number: Int, _ webhook: String) async throws -> Bool? {
        for isDead in [true, false] {
            let found = try await outbox.outbox(of: webhook, after: number - 1, isDead: isDead, limit: 1)
            if found.first?.number == number { return isDead }
        }
        return nil
    }

    private static func outlook(
        _ verb: WebhookVerb, _ number: Int, _ isDead: Bool?, _ webhook: String
    ) -> WebhookOrderLine {
        switch (verb, isDead) {
        case (_, nil): .missing(number, of: webhook)
        case (.resend, false?): .waiting(number)
        case (.resend, true?), (.drop, _?): .done(number)
        }
    }

    /// Carries an order out; on return that is durable.
    func carryOut(_ verb: WebhookVerb, _ selection: OutboxSelection) async throws -> WebhookResultDocument {
        defer { courier.restart(selection.webhook) }
        guard let numbers = selection.numbers else {
            return WebhookResultDocument(events: try await change(verb, selection))
        }
        return WebhookResultDocument(try await carryOut(verb, numbers, of: selection.webhook))
    }

    private func change(_ verb: WebhookVerb, _ selection: OutboxSelection) async throws -> Int {
        let update: OutboxUpdate =
            switch verb {
            case .resend: .revive(selection)
            case .drop: .drop(selection)
            }
        return try await outbox.change(outbox: [update], isUrgent: true)
    }

    /// Each by itself, so that it is known which were there; beside each other, so that they share commits.
    private func carryOut(
        _ verb: WebhookVerb, _ numbers: [Int], of webhook: String
    ) async throws -> [WebhookOrderLine] {
        try await withThrowingTaskGroup(of: WebhookOrderLine.self) { group in
            for number in numbers { group.addTask { try await carryOut(verb, number, of: webhook) } }
            var lines: [WebhookOrderLine] = []
            for try await line in group { lines.append(line) }
            return lines.sorted { $0.number < $1.number }
        }
    }

    private func carryOut(_ verb: WebhookVerb, _ number: Int, of webhook: String) async throws -> WebhookOrderLine {
        let count = try await change(verb, OutboxSelection(webhook: webhook, numbers: [number]))
        guard count == 0 else { return .done(number) }
        guard verb == .resend, try await state(of: number, webhook) == false else {
            return .missing(number, of: webhook)
        }
        return .waiting(number)
    }
}

/// What operators may order about events.
package enum WebhookVerb: String, Sendable, CaseIterable {
    /// Dead ones are sent again, as if for the first time.
    case resend
    case drop
}
