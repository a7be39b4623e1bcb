internal import Glibc
internal import Synchronization

/// Steps between which a crash leaves different things on disk.
///
/// A debug build kills itself at one of them if the environment has `POSTHORSE_KILL_AT=<step>:<n>`: the n-th time the
/// step is reached, with SIGKILL, so that nothing is flushed or closed. Release builds contain none of this.
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
    /// The transaction that closes interrupted attempts was committed at the start.
    case afterRecovery

    /// Marks that the process has reached this step.
    @inline(__always)
    static func reached(_ step: SpoolStep) {
        #if DEBUG
        step.dieIfDue()
        #endif
    }

    #if DEBUG
    private static let plan: (step: SpoolStep, count: Int)? = {
        guard let text = getenv("POSTHORSE_KILL_AT").map({ String(cString: $0) }) else { return nil }
        let parts = text.split(separator: ":")
        guard let step = parts.first.flatMap({ SpoolStep(rawValue: String($0)) }) else { return nil }
        return (step, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
    private static let times = Atomic<Int>(0)

    private func dieIfDue() {
        guard let plan = Self.plan, plan.step == self else { return }
        if Self.times.add(1, ordering: .relaxed).newValue == plan.count { kill(getpid(), SIGKILL) }
    }
    #endif
}
