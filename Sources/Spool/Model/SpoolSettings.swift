/// The `[spool]` table of relay.conf.
package struct SpoolSettings: Hashable, Sendable {
    /// The data directory; created with mode 0700 if missing.
    package var path = "/var/lib/posthorse"
    /// Mail is refused while the file system has less free space, in octets.
    package var minFreeSpace = 256 << 20
    /// Mail is refused while messages in the spool exceed this size in octets; 0 is no limit.
    package var maxOctets = 0
    /// Maximum octets of content in memory.
    package var memoryBudget = 64 << 20

    package init() {}
}

/// Events of the spool for the operator.
package enum SpoolEvent: Sendable {
    /// The spool was opened: what was found, and how long it took.
    case opened(messages: Int, interrupted: Int, took: Duration)
    /// Nothing can be written; mail is refused with 452 and deliveries pause.
    case unwritable(SpoolError)
    /// Mail is refused for lack of space.
    case full(SpoolError)
    /// Writing works, or there is room, again.
    case recovered
    /// A message does not match its checksum, and is held.
    case quarantined(String)
    /// A checkpoint, a compaction or a file was more work than usual, or something odd was repaired.
    case notice(String)
}
