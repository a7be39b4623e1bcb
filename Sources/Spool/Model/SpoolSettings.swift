/// The `[spool]` table of relay.conf.
package struct SpoolSettings: Hashable, Sendable {
    /// The data directory; created with mode 0700 where it is missing.
    package var path = "/var/lib/posthorse"
    /// Mail is refused while the file system has less than so many octets left.
    package var minFreeSpace = 256 << 20
    /// Mail is refused while the messages in the spool take more than so many octets; 0 is no limit.
    package var maxOctets = 0
    /// Octets of content that may be held in memory.
    package var memoryBudget = 64 << 20

    package init() {}
}

/// What the spool tells the operator.
package enum SpoolEvent: Sendable {
    /// The spool is open: what was found, and how long it took.
    case opened(messages: Int, interrupted: Int, took: Duration)
    /// Nothing can be written; mail is refused with 452 and deliveries pause.
    case unwritable(SpoolError)
    /// Mail is refused because there is no room.
    case full(SpoolError)
    /// Writing works, or there is room, again.
    case recovered
    /// A message does not match its checksum, and is held.
    case quarantined(String)
    /// A checkpoint, a compaction or a file was more work than usual, or something odd was repaired.
    case notice(String)
}
