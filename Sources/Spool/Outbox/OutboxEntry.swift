package import Mail

/// An event in the outbox.
package struct OutboxEntry: Sendable, Hashable {
    /// Increases with each event and is never used again.
    package let number: Int
    package let webhook: String
    package let message: QueueID
    /// When it was recorded, by the steady clock.
    package let at: Timestamp
    /// Since when it is tried, by the steady clock: since it was recorded, or an operator sent it again.
    package let retryFrom: Timestamp
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
        number: Int, webhook: String, message: QueueID, at: Timestamp, retryFrom: Timestamp? = nil, attempts: Int = 0,
        notBefore: Timestamp = .distantPast, isDead: Bool = false, reason: String? = nil, payload: [UInt8]
    ) {
        self.number = number
        self.webhook = webhook
        self.message = message
        self.at = at
        self.retryFrom = retryFrom ?? at
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
package struct OutboxSum: Sendable, Hashable {
    package private(set) var waiting: Int
    package private(set) var dead: Int
    /// Of all payloads.
    package private(set) var octets: Int

    package init(waiting: Int = 0, dead: Int = 0, octets: Int = 0) {
        self.waiting = waiting
        self.dead = dead
        self.octets = octets
    }

    package var events: Int { waiting + dead }

    package mutating func add(waiting: Int = 0, dead: Int = 0, octets: Int = 0) {
        self.waiting += waiting
        self.dead += dead
        self.octets += octets
    }
}
