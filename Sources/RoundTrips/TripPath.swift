/// What a round trip measures: the mail of one upstream to one mailbox.
package struct TripPath: Hashable, Sendable {
    /// `name` of the `[[round_trip]]`.
    package let trip: String
    /// The upstream that the probes are pinned to; nil for probes that go as a route would send them (`as_routed`).
    package let upstream: String?
    /// `address` of the mailbox.
    package let mailbox: String

    package init(trip: String, upstream: String?, mailbox: String) {
        self.trip = trip
        self.upstream = upstream
        self.mailbox = mailbox
    }
}

extension TripPath: Comparable {
    /// By name, then mailbox, then upstream; what goes as routed comes first.
    package static func < (left: TripPath, right: TripPath) -> Bool {
        (left.trip, left.mailbox, left.upstream ?? "") < (right.trip, right.mailbox, right.upstream ?? "")
    }
}
