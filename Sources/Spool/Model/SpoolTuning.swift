/// Sizes and times of the SQLite spool that operators need not know; tests reduce them.
package struct SpoolTuning: Sendable {
    /// Content larger than this goes into segment files.
    package var inlineLimit = 16 << 10
    /// Size in octets at which a segment is sealed.
    package var segmentSize = 64 << 20
    /// Size in octets below which no segment is made, unless ``segmentSize`` is smaller.
    package var smallestSegment = 256 << 10
    /// Maximum size of the file `reserve` in octets; it takes at most a sixteenth of the file system.
    package var maxReserve = 32 << 20
    /// Number of empty segments kept for reuse.
    package var spareSegments = 2
    /// Maximum size of large content kept in memory for its first attempt.
    package var residentLimit = 256 << 10
    /// Octets per part when content is read back.
    package var partSize = 128 << 10
    /// Number of log pages missing from the database that triggers a checkpoint.
    package var checkpointPages = 2000
    /// Maximum time that non-urgent operations wait to be grouped.
    package var lazyWait = Duration.milliseconds(20)
    /// Retry interval for failed writes.
    package var retryInterval = Duration.seconds(1)
    /// Interval for checking free space and maintaining segments.
    package var maintenanceInterval = Duration.seconds(1)
    /// About how many entries about messages that have left are removed at a time.
    package var departureStep = 2048
    /// How many messages that have left lose their content at a time.
    package var contentStep = 256
    /// Number of resubmission keys removed at a time.
    package var expiryBatch = 500
    /// Maximum number of resubmission keys: 750 MB of them.
    package var maxResubmissions = 5_000_000
    /// Maximum number of database pages; 0 is no limit. For tests of a full disk.
    package var maxPages = 0
    /// Called before every commit, which fails with the error returned. For tests.
    package var commitFault: (@Sendable () -> SpoolError?)?
    /// Name of the file system that SQLite uses, nil for its own. For tests.
    package var vfs: String?
    /// Database page size in octets; only for a new spool.
    package var pageSize = 4096
    /// Page cache of the writer's connection, in KiB.
    package var writerCache = 4096

    package init() {}
}
