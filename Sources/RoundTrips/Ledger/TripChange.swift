package import Mail

/// The verdict about a path has changed.
package struct TripChange: Hashable, Sendable {
    package let path: TripPath
    package let from: TripVerdict?
    package let to: TripVerdict
    /// With figures, for people.
    package let cause: String
    package let at: Timestamp

    package init(path: TripPath, from: TripVerdict?, to: TripVerdict, cause: String, at: Timestamp) {
        self.path = path
        self.from = from
        self.to = to
        self.cause = cause
        self.at = at
    }
}

/// A mailbox has a fault of its own, or has it no more: to be told once, whatever the number of upstreams.
package struct MailboxChange: Hashable, Sendable {
    package let mailbox: String
    package let isFaulty: Bool
    package let cause: String
    package let at: Timestamp

    package init(mailbox: String, isFaulty: Bool, cause: String, at: Timestamp) {
        (self.mailbox, self.isFaulty, self.cause, self.at) = (mailbox, isFaulty, cause, at)
    }
}

/// An upstream loses mail.
package struct UpstreamBlame: Hashable, Sendable {
    package let upstream: String
    /// The strongest of the round trips that show it. Ends with ``TripOrder/acquit(upstream:cause:)``.
    package let action: TripAction
    package let cause: String
    package let since: Timestamp
    package let paths: [TripPath]

    package init(upstream: String, action: TripAction, cause: String, since: Timestamp, paths: [TripPath]) {
        (self.upstream, self.action, self.cause) = (upstream, action, cause)
        (self.since, self.paths) = (since, paths)
    }
}
