package import Mail

/// What an outcome changes about a message, as the spool is about to commit it.
package struct OutboxCause: Sendable {
    /// As it was.
    package let message: SpooledMessage
    /// Its recipients as they will be, in the order of the message.
    package let recipients: [Recipient]
    /// Its incomplete cycles as they will be.
    package let cycles: Int
    /// Indexes of the recipients that an operator drops.
    package let dropped: Set<Int>
    /// By the system's clock.
    package let at: Timestamp

    package init(
        message: SpooledMessage, recipients: [Recipient], cycles: Int, dropped: Set<Int> = [], at: Timestamp
    ) {
        self.message = message
        self.recipients = recipients
        self.cycles = cycles
        self.dropped = dropped
        self.at = at
    }
}

extension OutboxCause {
    package init(_ settlement: Settlement, _ found: SpooledMessage, at now: Timestamp) {
        self.init(
            message: found, recipients: settlement.recipients, cycles: settlement.cycles,
            dropped: settlement.dropped(from: found), at: now)
    }
}

/// An event that a webhook is to get.
package struct OutboxDraft: Sendable, Hashable {
    package let webhook: String
    package let payload: [UInt8]

    package init(webhook: String, payload: [UInt8]) {
        self.webhook = webhook
        self.payload = payload
    }
}

/// How much of the outbox a webhook may take; beyond it, its oldest events go.
package struct OutboxLimits: Sendable, Hashable {
    package var events: Int
    /// Octets of payloads.
    package var octets: Int

    package init(events: Int, octets: Int) {
        self.events = events
        self.octets = octets
    }
}

/// Makes the events of an outcome; the spool stores them in the outcome's own commit, and does not look into them.
///
/// Called on the spool's writer thread, once more if a commit is repeated.
package protocol OutboxRecorder: Sendable {
    /// Whether any webhook asks for an event that this may be, whoever has sent the mail. Asked first: if the answer is
    /// no, an outcome costs nothing more.
    func asks(for settlement: Settlement) -> Bool

    /// Whether any webhook asks for events about mail of this user; nil for mail without a login. Asked before the message
    /// is read.
    func asks(about user: String?) -> Bool

    /// Whether any webhook asks for anything.
    var isRecording: Bool { get }

    /// The events of an outcome, in order.
    func drafts(of cause: OutboxCause) -> [OutboxDraft]

    /// Nil if there is no such webhook.
    func limits(of webhook: String) -> OutboxLimits?

    /// What the outbox holds for each webhook that it holds anything for: at the start, and after each commit that has
    /// changed it.
    func holds(_ sums: [String: OutboxSum])

    /// Events of these webhooks are durable.
    func committed(to webhooks: Set<String>)

    /// This many events are gone without having been delivered: there was no room for them.
    func discarded(_ count: Int, of webhook: String)
}
