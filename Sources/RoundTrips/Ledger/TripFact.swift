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

/// A probe of this relay that was found in a mailbox.
package struct TripSighting: Hashable, Sendable {
    package var token: ProbeToken
    package var mailbox: String
    /// Which copy it is: folder, UIDVALIDITY and UID, or the unique id of POP3.
    package var place: String
    package var folder: TripFolder
    package var trace: HeaderTrace
    /// nil with POP3.
    package var internalDate: Timestamp?

    package init(
        token: ProbeToken, mailbox: String, place: String, folder: TripFolder, trace: HeaderTrace = HeaderTrace(),
        internalDate: Timestamp? = nil
    ) {
        self.token = token
        self.mailbox = mailbox
        self.place = place
        self.folder = folder
        self.trace = trace
        self.internalDate = internalDate
    }
}

/// What a sighting is. Every one but ``foreign`` may be deleted.
package enum TripFinding: Hashable, Sendable {
    /// Before it was lost.
    case arrived(isLate: Bool)
    /// The copy that is known, again.
    case again
    case doubled
    /// After it was lost.
    case returned
    /// So old that nothing is known of it any more.
    case forgotten
    /// Of another mailbox: somebody has forwarded it.
    case foreign
}
