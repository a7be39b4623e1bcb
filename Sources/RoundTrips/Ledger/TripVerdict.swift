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
