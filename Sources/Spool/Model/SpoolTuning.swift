/// Sizes and times of the SQLite spool that operators need not know; tests make them small.
package struct SpoolTuning: Sendable {
    /// Content of more octets goes into segment files.
    package var inlineLimit = 16 << 10
    /// A segment is sealed at so many octets.
    package var segmentSize = 64 << 20
    /// Empty segments that are kept to be overwritten.
    package var spareSegments = 2
    /// Large content of up to so many octets is kept in memory for its first attempt.
    package var residentLimit = 256 << 10
    /// Octets of one part when content is read back.
    package var partSize = 128 << 10
    /// A checkpoint is made when the log has so many pages that are not in the database.
    package var checkpointPages = 2000
    /// What is not urgent waits so long for company.
    package var lazyWait = Duration.milliseconds(20)
    /// What could not be written is tried again after so long.
    package var retryInterval = Duration.seconds(1)
    /// Free space is looked at, and segments are tidied, so often.
    package var maintenanceInterval = Duration.seconds(1)
    /// Keys of resubmissions that are removed at a time.
    package var expiryBatch = 500
    /// Keys of resubmissions that are kept at most: 750 MB of them.
    package var maxResubmissions = 5_000_000
    /// The database may not have more pages; 0 is no limit. For tests of a full disk.
    package var maxPages = 0
    /// Asked before every commit; the commit fails with the error it answers. For tests.
    package var commitFault: (@Sendable () -> SpoolError?)?
    /// Octets of a database page; only for a new spool.
    package var pageSize = 4096
    /// KiB of pages that the writer's connection keeps.
    package var writerCache = 4096

    package init() {}
}
