package import Mail

/// An event in the outbox.
package struct OutboxEntry: Sendable, Hashable {
    /// Increases with each event and is never used again.
    package let number: Int
    package let webhook: String
    package let message: QueueID
    /// When it was recorded, by the steady clock.
    package let at: Timestamp
    /// Failed attempts.
    package var attempts: Int
    /// Not to be sent before, by the steady clock.
    package var notBefore: Timestamp
    /// Whether the relay has given up: an operator sends it again, or drops it.
    package var isDead: Bool
    /// What went wrong last; nil before the first attempt.
    package var reason: String?
    package let payload: [UInt8]

    package init(
        number: Int, webhook: String, message: QueueID, at: Timestamp, attempts: Int = 0,
        notBefore: Timestamp = .distantPast, isDead: Bool = false, reason: String? = nil, payload: [UInt8]
    ) {
        self.number = number
        self.webhook = webhook
        self.message = message
        self.at = at
        self.attempts = attempts
        self.notBefore = notBefore
        self.isDead = isDead
        self.reason = reason
        self.payload = payload
    }

    /// The same each time it is sent, and another one for each event of each relay: queue IDs contain the time.
    package var id: String { "\(message)-\(number)" }
}

/// What the outbox holds for one webhook.
package struct OutboxTotals: Sendable, Hashable {
    package let webhook: String
    package let waiting: Int
    package let dead: Int
    /// Of all payloads.
    package let octets: Int
    /// When the oldest event was recorded that waits, by the steady clock; nil if none does.
    package let oldest: Timestamp?

    package init(webhook: String, waiting: Int = 0, dead: Int = 0, octets: Int = 0, oldest: Timestamp? = nil) {
        self.webhook = webhook
        self.waiting = waiting
        self.dead = dead
        self.octets = octets
        self.oldest = oldest
    }
}
