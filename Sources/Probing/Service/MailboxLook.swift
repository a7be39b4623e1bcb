package import Mail
package import RoundTrips

/// Looks into a mailbox for whoever owns the round trips. Confined to their event loop.
package protocol MailboxLooker: AnyObject {
    /// Looks as soon as that is possible.
    func look()
    /// Whether probes are under way, so that the mailbox is worth watching.
    func expect(_ isExpecting: Bool)
    /// The account has other settings.
    func replace(_ account: MailboxAccount)
    /// Ends its sessions, and reports nothing any more.
    func stop()
}

/// Whom a ``MailboxLooker`` reports to, on the event loop.
package struct MailboxReader {
    /// A message was found; the answer is whether it is a probe of this relay, which is deleted then.
    package let found: (FoundMessage) -> Bool
    /// A look has ended that began then by the steady clock, and has seen all folders.
    package let looked: (Timestamp) -> Void
    /// The mailbox could not be looked into; whether trying again is no use, as with a wrong password.
    package let failed: (_ cause: String, _ isLasting: Bool) -> Void

    package init(
        found: @escaping (FoundMessage) -> Bool, looked: @escaping (Timestamp) -> Void,
        failed: @escaping (_ cause: String, _ isLasting: Bool) -> Void
    ) {
        (self.found, self.looked, self.failed) = (found, looked, failed)
    }
}

/// A message that may be a probe.
package struct FoundMessage: Hashable, Sendable {
    package var header: HeaderTrace
    /// Which copy it is: folder, UIDVALIDITY and UID, or the unique ID of POP3.
    package var place: String
    package var folder: TripFolder
    /// nil with POP3.
    package var internalDate: Timestamp?

    package init(header: HeaderTrace, place: String, folder: TripFolder, internalDate: Timestamp?) {
        (self.header, self.place, self.folder, self.internalDate) = (header, place, folder, internalDate)
    }
}
