package import Mail

/// Where a probe has arrived.
package enum TripFolder: String, Hashable, Sendable, CaseIterable {
    case inbox, junk, other
}

/// Something to be counted about one probe.
package struct TripFact: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case sent
        case arrived(TripArrival)
        case missing
        /// The upstream has refused it, or has not taken it in time.
        case failed
        /// Nobody can tell: the mailbox is at fault.
        case unjudged
        /// One that was counted as missing, and for which the mailbox turns out to be at fault.
        case excused
        /// One that was missing, failed or unjudged has arrived after all.
        case returned
        /// A further copy, perhaps after the verdict.
        case doubled

        /// Whether the probe is under way no longer: the schedule may begin another.
        package var endsProbe: Bool {
            switch self {
            case .arrived, .missing, .failed, .unjudged: true
            case .sent, .excused, .returned, .doubled: false
            }
        }
    }

    package let path: TripPath
    /// When the probe was sent, by the system's clock: it counts in that minute, hour and day, whenever it arrives.
    package let sentAt: Timestamp
    package let kind: Kind

    package init(path: TripPath, sentAt: Timestamp, kind: Kind) {
        self.path = path
        self.sentAt = sentAt
        self.kind = kind
    }
}

/// A probe that has arrived before it was lost.
package struct TripArrival: Hashable, Sendable {
    package let folder: TripFolder
    package let isLate: Bool
    package let times: TripTimes
    package let authentication: AuthenticationResults?

    package init(folder: TripFolder, isLate: Bool, times: TripTimes, authentication: AuthenticationResults? = nil) {
        self.folder = folder
        self.isLate = isLate
        self.times = times
        self.authentication = authentication
    }
}
