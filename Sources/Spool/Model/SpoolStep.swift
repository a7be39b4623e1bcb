internal import Mail

/// Steps between which a crash leaves different things on disk.
///
/// A debug build kills itself at one of them if its `CrashPlan` says so.
package enum SpoolStep: String, CaseIterable, Sendable {
    /// Content was written to a segment, not synced.
    case afterSegmentWrite
    /// The segment of a group was synced; no row refers to it yet.
    case afterSegmentSync
    /// All rows of a group are written, the transaction is open.
    case beforeCommit
    /// The group is durable; nobody has been told.
    case afterCommit
    /// The users of the spool have been told.
    case afterReplies
    /// The maintenance thread has copied the log into the database, and it was not restarted.
    case afterCheckpoint
    /// A pinned segment's content was copied and synced; the rows refer to the old location.
    case afterCompactionCopy
    /// The rows refer to the new location; the old segment is not free yet.
    case afterCompactionCommit
    /// A new segment file exists, its directory entry synced.
    case afterSegmentCreation
    /// A run of history is whole and synced under a temporary name.
    case afterRunWrite
    /// A run has its name, durably; the rows moved to it are still in the database.
    case afterRunNaming
    /// Some of the rows moved to a run are durably gone from the database.
    case afterDeparturesForgotten
    /// Content that names an address to be taken out is durably gone; the entries still have the address.
    case afterContentForgotten
    /// A run that an address was taken out of has replaced the old one.
    case afterRunReplacement
    /// The transaction that closes interrupted attempts was committed at the start.
    case afterRecovery
    /// A change of the suppression list is written, the transaction is open.
    case beforeSuppressionCommit
    /// A change of the suppression list is durable; nobody has been told, and the index in memory is as before.
    case afterSuppressionCommit

    /// Marks that the process has reached this step.
    @inline(__always)
    package static func reached(_ step: SpoolStep) {
        #if DEBUG
        plan.reached(step)
        #endif
    }

    #if DEBUG
    private static let plan = CrashPlan<SpoolStep>()
    #endif
}
