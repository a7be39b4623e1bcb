/// What follows from mail that an upstream loses: `action` of a `[[round_trip]]`.
package enum TripAction: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Somebody is told.
    case alert
    /// And the upstream's share is reduced.
    case reduce
    /// And its circuit is opened, with cause `round_trip`.
    case open

    package static func < (left: TripAction, right: TripAction) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .alert: 0
        case .reduce: 1
        case .open: 2
        }
    }
}

/// What relay.conf says of one round trip, as far as verdicts are concerned.
package struct TripSettings: Hashable, Sendable {
    package var every: Duration
    /// A probe is late when it arrives longer than this after the upstream's 250.
    package var lateAfter: Duration
    /// A probe is lost when it is not there this long after the upstream's 250. One that no upstream has taken this
    /// long after its acceptance has failed.
    package var missingAfter: Duration
    /// Probes in a row that make a verdict; at least 1.
    package var missingThreshold: Int
    package var action: TripAction

    package init(
        every: Duration, lateAfter: Duration, missingAfter: Duration, missingThreshold: Int = 2,
        action: TripAction = .alert
    ) {
        self.every = every
        self.lateAfter = min(lateAfter, missingAfter)
        self.missingAfter = missingAfter
        self.missingThreshold = max(1, missingThreshold)
        self.action = action
    }
}
