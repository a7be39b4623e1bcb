package import Mail

/// The table `[limits]` of relay.conf: how much one client, one user and all together may hand in.
package struct LimitSettings: Hashable, Sendable {
    /// For each client address; IPv6 clients are counted by their /64.
    package var client = SubjectLimits()
    /// For each user that has authenticated.
    package var user = SubjectLimits()
    /// Sessions at a time over all listeners; 0 is no limit.
    package var totalConnections = 20_000
    /// Messages of everybody; nil is no limit, here and below.
    package var totalMessageRate: Rate?
    /// Octets of everybody.
    package var totalByteRate: Rate?
    /// Networks to which the limits for each client do not apply.
    package var exempt: [String] = []

    package init() {}
}

/// What one client or one user may do. Rates that are nil, and 0 connections, are no limit.
package struct SubjectLimits: Hashable, Sendable {
    /// Sessions at a time.
    package var connections = 0
    /// New sessions.
    package var connectionRate: Rate?
    /// MAIL commands that are accepted.
    package var messageRate: Rate?
    /// Recipients of messages whose content has come.
    package var recipientRate: Rate?
    /// Octets of content.
    package var byteRate: Rate?

    package init() {}

    /// Whether there is any limit.
    var areAny: Bool { self != SubjectLimits() }
}
