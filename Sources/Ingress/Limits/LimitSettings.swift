package import Mail

/// The table `[limits]` of relay.conf: how much each client, each user and all together may submit.
package struct LimitSettings: Hashable, Sendable {
    /// Per client address; IPv6 clients are counted by their /64.
    package var client = SubjectLimits()
    /// Per authenticated user.
    package var user = SubjectLimits()
    /// Maximum concurrent sessions across all listeners; 0 is no limit.
    package var totalConnections = 20_000
    /// Messages overall; nil is no limit, here and below.
    package var totalMessageRate: Rate?
    /// Octets overall.
    package var totalByteRate: Rate?
    /// Networks exempt from the per-client limits.
    package var exempt: [String] = []

    package init() {}
}

/// Limits of one client or one user. A nil rate, and 0 connections, mean no limit.
package struct SubjectLimits: Hashable, Sendable {
    /// Concurrent sessions.
    package var connections = 0
    /// New sessions.
    package var connectionRate: Rate?
    /// Accepted MAIL commands.
    package var messageRate: Rate?
    /// Recipients of messages with complete content.
    package var recipientRate: Rate?
    /// Octets of content.
    package var byteRate: Rate?

    package init() {}

    /// Whether there is any limit.
    var areAny: Bool { self != SubjectLimits() }
}
