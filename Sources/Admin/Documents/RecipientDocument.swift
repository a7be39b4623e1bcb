internal import Mail
package import Spool

/// Why a recipient is held.
package enum HoldReason: String, Sendable, Codable {
    /// The content on disk is damaged; the last reply has the details.
    case damaged
}

/// One recipient as shown to operators; property names match the JSON.
package struct RecipientDocument: Hashable, Sendable, Codable {
    package var address: String
    /// `queued`, `delivering`, `deferred`, `held`, `in_doubt`, `delivered` or `failed`.
    package var state: String
    /// nil unless held.
    package var holdReason: HoldReason?
    /// Completed attempts, with any upstream.
    package var attempts: Int
    /// RFC 3339; the earliest time of the next attempt; nil if none is planned, or if the time is unknown.
    package var nextAttemptAt: String?
    /// What the next attempt waits for besides its time: `circuit`, `trial` or `operator`; nil for nothing.
    package var waitsFor: String?
    /// The upstream of the current attempt, or of the last one.
    package var upstream: String?
    package var lastReply: String?
    /// Why it failed; nil unless it has.
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
        // The spool holds a recipient for this reason only.
        holdReason = recipient.state == .held ? .damaged : nil
        attempts = recipient.attempts
        let wait = runs ? nil : wait
        waitsFor = wait?.cause.rawValue
        nextAttemptAt = runs ? nil : (wait.map(\.until) ?? recipient.nextAttemptAt)?.rfc3339
        upstream = attempt.flatMap { runs ? $0.upstream : nil } ?? recipient.upstream
        lastReply = recipient.lastReply
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
