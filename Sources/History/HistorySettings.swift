/// The `[history]` table of relay.conf.
package struct HistorySettings: Hashable, Sendable {
    /// How addresses are kept.
    package enum Addresses: String, Hashable, Sendable, CaseIterable {
        case full
        /// As keyed hashes.
        case hashed
    }

    /// How long records of mail that left are kept; zero keeps none.
    package var keep = Duration.seconds(30 * 86_400)
    /// The most octets that it takes on disk.
    package var maxOctets = 2 << 30
    /// Whether the content of messages is kept.
    package var content = false
    package var addresses = Addresses.full

    package init() {}
}

/// Sizes and times of the history that operators need not know; tests reduce them.
package struct HistoryTuning: Sendable {
    /// Entries that make a run.
    package var runEntries = 65_536
    /// Entries that make a run once the oldest of them has been kept for an eighth of the time.
    package var smallRunEntries = 4_096
    /// Octets in the spool that make a run of as many.
    package var runOctets = 32 << 20
    /// How long nothing is removed for its age after the system's clock was set ahead.
    package var stepPause = Duration.seconds(3600)
    /// Interval of looking for something to move or to remove.
    package var interval = Duration.seconds(1)
    /// Batches of the spool that are read at a time.
    package var batchLimit = 16
    /// The most time that one page of a search takes.
    package var pageTime = Duration.milliseconds(300)
    /// Batches of the spool that age removes at a time.
    package var pruneStep = 200
    /// The least octets of content that are given up at a time while mail is refused for lack of room.
    package var giveUpStep = 128 << 20
    /// Entries whose content is erased at a time.
    package var eraseStep = 256

    package init() {}
}
