package import Mail

/// What became of a probe that an operator has asked for.
package struct TripRun: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case arrived(TripArrival)
        case missing
        /// The upstream has refused it, or has not taken it in time.
        case failed
        /// Nobody can tell.
        case unjudged
        /// Nobody has waited any longer.
        case underWay
        /// It was not sent, and why.
        case notSent(String)
    }

    package let path: TripPath
    /// nil if it was not sent.
    package let sentAt: Timestamp?
    package let outcome: Outcome

    package init(path: TripPath, sentAt: Timestamp?, outcome: Outcome) {
        (self.path, self.sentAt, self.outcome) = (path, sentAt, outcome)
    }
}
