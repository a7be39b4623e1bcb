internal import Delivery
internal import Mail

/// One stream as in `stream list --json`; property names match the JSON. Every name is always present.
package struct StreamDocument: Codable, Hashable, Sendable {
    package let name: String
    /// `active`, `canary` or `paused`.
    package let state: String
    /// When it was first seen, RFC 3339; nil for one that has only waited so far, and for the row of all others.
    package let since: String?
    /// Recipients: those that wait, and those that had an outcome since it was first seen.
    package let accepted: Int
    package let delivered: Int
    package let failed: Int
    package let waiting: Int
    /// Of those that failed, the ones whose reply says that the address is wrong.
    package let hardFailed: Int
    /// Share of these among the outcomes of the last hour, 0 to 1.
    package let bounceRate: Double
    /// Recipients with an outcome within the last minute.
    package let perMinute: Int
    /// Messages in the queue.
    package let messages: Int
    /// Recipients of these, by state.
    package let byState: [String: Int]
    /// Percentage of a new stream's mail that is let through; nil for all of it.
    package let canaryPercent: Int?
    /// `operator` or `relay`; nil unless it is paused, like the next two.
    package let pausedBy: String?
    package let pausedSince: String?
    package let reason: String?
    /// Why its pause would not survive a restart; nil if it would.
    package let unsaved: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, state, since, accepted, delivered, failed, waiting, messages, reason, unsaved
        case hardFailed = "hard_failed"
        case bounceRate = "bounce_rate"
        case perMinute = "rate_per_minute"
        case byState = "by_state"
        case canaryPercent = "canary_percent"
        case pausedBy = "paused_by"
        case pausedSince = "paused_since"
    }

    /// - Parameters:
    ///   - status: nil for a stream that has only waited so far.
    ///   - load: what waits of it in the queue.
    init(_ name: String, _ status: StreamStatus?, _ load: StreamLoad) {
        let counts = status?.counts ?? StreamCounts()
        self.name = name
        state = status?.pause != nil ? "paused" : status?.canaryPercent != nil ? "canary" : "active"
        since = status.flatMap { $0.since > .distantPast ? $0.since.rfc3339 : nil }
        (delivered, failed, hardFailed) = (counts.delivered, counts.failed, counts.hard)
        waiting = load.waiting
        accepted = counts.total + load.waiting
        bounceRate = status?.recent.bounceRate ?? 0
        perMinute = status?.perMinute ?? 0
        (messages, byState) = (load.messages, load.byState)
        canaryPercent = status?.canaryPercent
        pausedBy = status?.pause?.author.rawValue
        pausedSince = status?.pause?.since.rfc3339
        reason = status?.pause?.reason
        unsaved = status?.unsaved
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(state, forKey: .state)
        try container.encode(since, forKey: .since)
        try container.encode(accepted, forKey: .accepted)
        try container.encode(delivered, forKey: .delivered)
        try container.encode(failed, forKey: .failed)
        try container.encode(waiting, forKey: .waiting)
        try container.encode(hardFailed, forKey: .hardFailed)
        try container.encode(bounceRate, forKey: .bounceRate)
        try container.encode(perMinute, forKey: .perMinute)
        try container.encode(messages, forKey: .messages)
        try container.encode(byState, forKey: .byState)
        try container.encode(canaryPercent, forKey: .canaryPercent)
        try container.encode(pausedBy, forKey: .pausedBy)
        try container.encode(pausedSince, forKey: .pausedSince)
        try container.encode(reason, forKey: .reason)
        try container.encode(unsaved, forKey: .unsaved)
    }
}
