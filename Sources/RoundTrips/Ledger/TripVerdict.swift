package import Mail

/// `state` of `round-trip list`, for a round trip, an upstream and a mailbox; none before the first.
package enum TripVerdict: String, Hashable, Sendable, CaseIterable {
    /// Mail arrives in time.
    case ok
    /// `missing_threshold` probes in a row have arrived late, or are overdue.
    case late
    /// `missing_threshold` probes in a row are lost, and it is not the mailbox.
    case missing
    /// The mailbox cannot be looked into, or gets no mail of any upstream.
    case mailboxUnreachable = "mailbox_unreachable"
    /// The upstream has refused `missing_threshold` probes in a row, or has not taken them in time.
    case upstreamFailed = "upstream_failed"
}

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
}

/// An upstream loses mail.
package struct UpstreamBlame: Hashable, Sendable {
    package let upstream: String
    /// The strongest of the round trips that show it. Ends with ``TripOrder/acquit(upstream:cause:)``.
    package let action: TripAction
    package let cause: String
    package let since: Timestamp
    package let paths: [TripPath]
}

/// What the caller carries out.
package enum TripOrder: Hashable, Sendable {
    /// To be counted in the history.
    case count(TripFact)
    case changed(TripChange)
    case mailbox(MailboxChange)
    /// Tell it; by ``UpstreamBlame/action`` reduce the upstream's share, or open its circuit with cause `round_trip`.
    case blame(UpstreamBlame)
    /// Round trips arrive again: what ``blame(_:)`` has brought about ends, through the ramp.
    case acquit(upstream: String, cause: String)
    /// Look into the mailbox now: a probe is overdue, and is lost only if it is not there.
    case look(mailbox: String)
    /// No upstream has taken the probe in time: it need not wait in the queue any longer.
    case withdraw(number: UInt64)
}
