package import Mail
package import Spool

/// When an event is given up, and how many are sent beside each other.
package struct WebhookLimits: Sendable, Hashable {
    package let attempts: Int
    package let retryFor: Duration
    package let concurrency: Int

    package init(attempts: Int, retryFor: Duration, concurrency: Int = 16) {
        self.attempts = attempts
        self.retryFor = retryFor
        self.concurrency = concurrency
    }
}

extension WebhookLimits {
    package init(_ settings: WebhookSettings) {
        self.init(attempts: settings.attempts, retryFor: settings.retryFor, concurrency: settings.concurrency)
    }
}

/// What became of an event that was sent.
package enum WebhookAnswer: Sendable, Hashable {
    /// The receiver has it.
    case taken
    /// - wish: what the receiver asked for (`Retry-After`).
    case failed(reason: String, wish: Duration?)
}

/// What is worth telling operators, or counting.
package enum WebhookNews: Sendable, Hashable {
    /// An event was delivered.
    case delivered
    /// An attempt has failed.
    case refused
    /// The receiver worked before, and is left alone until then (steady clock).
    case failed(reason: String, until: Timestamp)
    /// It works again.
    case recovered
    /// This many events were given up.
    case buried(Int, reason: String)
    /// This many were removed without having been delivered: there was no room, or they were too old.
    case discarded(Int)
}

/// Changes of the outbox that a machine asks for.
package struct OutboxWrite: Sendable, Hashable {
    package let updates: [OutboxUpdate]
    /// Whether it has failed before.
    package var isRepeat = false

    init(_ updates: [OutboxUpdate]) {
        self.updates = updates
    }

    init(_ update: OutboxUpdate) {
        updates = [update]
    }

    /// What is worth telling once it is durable.
    ///
    /// - Parameter count: of its events that the outbox still had.
    func news(count: Int) -> [WebhookNews] {
        let reasons = updates.compactMap { update -> String? in
            if case .bury(_, _, let reason) = update { reason } else { nil }
        }
        guard count > 0, let reason = reasons.last else { return [] }
        return [.buried(min(count, reasons.count), reason: reason)]
    }

    /// Of the events that are done with.
    var numbers: [Int] {
        updates.flatMap { update -> [Int] in
            switch update {
            case .remove(let numbers): numbers
            case .bury(let number, _, _): [number]
            case .postpone, .expire, .revive, .drop: []
            }
        }
    }
}

/// How a receiver stands.
package struct WebhookStatus: Sendable, Hashable {
    /// Failures in a row; 0 while it works.
    package var failures = 0
    /// What went wrong last.
    package var reason: String?
    /// When it is tried again, by the steady clock.
    package var nextAttemptAt: Timestamp?

    package init(failures: Int = 0, reason: String? = nil, nextAttemptAt: Timestamp? = nil) {
        self.failures = failures
        self.reason = reason
        self.nextAttemptAt = nextAttemptAt
    }
}
