package import Spool

/// Where the spool of a cluster is, and what it may take of this machine.
package struct PostgresSpoolSettings: Hashable, Sendable {
    /// Name of this relay in the cluster.
    package var node: String
    /// The directory of what belongs to this machine: the journal of final dots. Its limits count here too, but for the room
    /// on disk.
    package var local: SpoolSettings

    package init(node: String, local: SpoolSettings) {
        (self.node, self.local) = (node, local)
    }
}

/// Sizes and times that operators need not know; tests reduce them.
package struct PostgresTuning: Sendable {
    /// Content up to this many octets, its header with it, is in the row: with it a page of 8 KiB holds it.
    package var inlineLimit = 7900
    /// Octets of a row of the table `chunk`, which has a page to itself.
    package var chunkSize = 8000
    /// Chunks per part when content is read back.
    package var partChunks = 16
    /// Largest content that stays in memory for its first attempt.
    package var residentLimit = 256 << 10
    /// Maximum time that non-urgent operations wait to be grouped.
    package var lazyWait = Duration.milliseconds(20)
    /// Pause before the second try to connect; it doubles up to ``longestPause``.
    package var shortestPause = Duration.milliseconds(50)
    package var longestPause = Duration.seconds(2)
    /// Pause before a failed write is tried again on a connection that works.
    package var retryInterval = Duration.seconds(1)
    /// Interval for what is due by time: keys that expire.
    package var maintenanceInterval = Duration.seconds(60)
    /// Interval for looking whether dead rows are worth a `VACUUM`.
    package var vacuumInterval = Duration.seconds(5)
    /// About how many entries about messages that have left are removed at a time.
    package var departureStep = 20_000
    /// How many messages that have left lose their content at a time.
    package var contentStep = 1000
    /// Number of resubmission keys removed at a time.
    package var expiryBatch = 2000
    /// Maximum number of resubmission keys.
    package var maxResubmissions = 5_000_000
    /// Events of the outbox changed by one commit.
    package var outboxStep = 1000

    package init() {}
}
