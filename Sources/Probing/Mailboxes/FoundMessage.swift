package import Mail
package import RoundTrips

/// A message that looks like a probe, as found in a mailbox.
package struct FoundMessage: Hashable, Sendable {
    /// The fields that a ``HeaderTrace`` is read from, with their line ends; all fields with POP3.
    package let header: [UInt8]
    package let folder: TripFolder
    /// Which copy it is: folder, UIDVALIDITY and UID, or the unique ID of POP3.
    package let place: String
    /// When the server got it; nil with POP3.
    package let internalDate: Timestamp?

    package init(header: [UInt8], folder: TripFolder, place: String, internalDate: Timestamp?) {
        self.header = header
        self.folder = folder
        self.place = place
        self.internalDate = internalDate
    }

    /// The probe that it is; nil if no relay with this key has sent it.
    ///
    /// - Parameter mailbox: the address whose mailbox it was found in.
    package func sighting(_ key: ProbeKey, in mailbox: String) -> TripSighting? {
        let trace = HeaderTrace(parsing: header)
        guard let token = trace.token(key) else { return nil }
        return TripSighting(
            token: token, mailbox: mailbox, place: place, folder: folder, trace: trace, internalDate: internalDate)
    }
}
