package import Mail

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
