internal import Mail
package import Spool

/// One recipient as shown to operators; property names match the JSON.
package struct RecipientDocument: Hashable, Sendable, Codable {
    package var address: String
    /// `queued`, `delivering`, `deferred`, `scheduled`, `held`, `in_doubt`, `delivered` or `failed`.
    package var state: String
    /// `operator`, `damaged` or `hijack`; nil unless it is held, or is in doubt and an operator holds it.
    package var holdReason: String?
    /// Completed attempts, with any upstream.
    package var attempts: Int
    /// RFC 3339; the earliest time of the next attempt; nil if none is planned, or if the time is unknown.
    package var nextAttemptAt: String?
    /// What the next attempt waits for besides its time, a ``QueueOutlook/Cause``; nil for nothing.
    package var waitsFor: String?
    /// The upstream of the current attempt, or of the last one.
    package var upstream: String?
    package var lastReply: String?
    /// A `FailureClass`; nil unless it failed and that is known.
    package var failureClass: String?
    package var route: String

    package enum CodingKeys: String, CodingKey {
        case address, state, attempts, upstream, route
        case failureClass = "class"
        case holdReason = "hold_reason"
        case nextAttemptAt = "next_attempt_at"
        case lastReply = "last_reply"
        case waitsFor = "waits_for"
    }

    /// - Parameter attempt: the message's current attempt, if it includes this recipient.
    package init(
        _ recipient: Recipient, attempt: OpenAttempt?, wait: QueueOutlook.Wait? = nil,
        route: String = "default"
    ) {
        let runs = attempt != nil && (recipient.state == .queued || recipient.state == .deferred)
        address = recipient.address.text
        state = runs ? "delivering" : recipient.state.rawValue
        holdReason = (recipient.holdReason ?? (recipient.resolution == .hold ? .operator : nil))?.rawValue
        attempts = recipient.attempts
        let wait = runs ? nil : wait
        waitsFor = wait?.cause.rawValue
        nextAttemptAt = runs ? nil : (wait.map(\.until) ?? recipient.nextAttemptAt)?.rfc3339
        upstream = attempt.flatMap { runs ? $0.upstream : nil } ?? recipient.upstream
        lastReply = recipient.lastReply
        failureClass = recipient.failureClass?.rawValue
        self.route = route
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(address, forKey: .address)
        try container.encode(state, forKey: .state)
        try container.encode(holdReason, forKey: .holdReason)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(nextAttemptAt, forKey: .nextAttemptAt)
        try container.encode(waitsFor, forKey: .waitsFor)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(lastReply, forKey: .lastReply)
        try container.encode(failureClass, forKey: .failureClass)
        try container.encode(route, forKey: .route)
    }
}
