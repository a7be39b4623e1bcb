internal import Ingress
internal import Mail

/// One guarded user as in `user list --json`; property names match the JSON.
package struct UserDocument: Hashable, Sendable, Codable {
    package var name: String
    /// `slow` or `hold`.
    package var guardMode: String
    /// `learning`, `usual` or `suspected`.
    package var state: String
    /// `rate` or `bounces`; nil unless suspected.
    package var cause: String?
    /// RFC 3339; nil unless suspected.
    package var since: String?
    /// Recipients in the busiest recent ten minutes.
    package var usual: Int
    /// Recipients in ten minutes above which it is unusual; nil while too little is known.
    package var limit: Int?
    /// Recipients in these ten minutes.
    package var recipients: Int

    package enum CodingKeys: String, CodingKey {
        case name, state, cause, since, usual, limit, recipients
        case guardMode = "guard"
    }

    init(_ user: UserGuard.Guarded, lead: Duration) {
        let habit = user.habit
        name = user.name
        guardMode = user.mode.rawValue
        state = habit?.suspicion != nil ? "suspected" : habit?.limit != nil ? "usual" : "learning"
        cause = habit?.suspicion?.cause.rawValue
        since = habit?.suspicion.map { (Timestamp(milliseconds: $0.since) + lead).rfc3339 }
        usual = Int((habit?.usual ?? 0).rounded())
        limit = habit?.limit
        recipients = habit?.sent ?? 0
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(guardMode, forKey: .guardMode)
        try container.encode(state, forKey: .state)
        try container.encode(cause, forKey: .cause)
        try container.encode(since, forKey: .since)
        try container.encode(usual, forKey: .usual)
        try container.encode(limit, forKey: .limit)
        try container.encode(recipients, forKey: .recipients)
    }
}
