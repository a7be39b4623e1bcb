internal import Glibc
internal import Synchronization

/// The steps between which a crash leaves different things on disk.
///
/// A debug build kills itself at one of them when the environment says `POSTHORSE_KILL_AT=<step>:<n>`: at the n-th
/// time the step is reached, with SIGKILL, so that nothing is flushed or closed. Release builds have none of this.
package enum SpoolStep: String, CaseIterable, Sendable {
    /// Octets of content were written to a segment, not synced.
    case afterSegmentWrite
    /// The segment of a group was synced; no row points at the octets.
    case afterSegmentSync
    /// All rows of a group are written, the transaction is open.
    case beforeCommit
    /// The group is durable; nobody has been told.
    case afterCommit
    /// The users of the spool have been told.
    case afterReplies
    /// The log was copied into the database by the maintenance thread, and not started again.
    case afterCheckpoint
    /// A pinned segment's content was copied and synced; the rows point at the old place.
    case afterCompactionCopy
    /// The rows point at the new place; the old segment is not free yet.
    case afterCompactionCommit
    /// A new segment file is there, its directory entry synced.
    case afterSegmentCreation
    /// The transaction that closes interrupted attempts was committed at the start.
    case afterRecovery

    /// Marks that the process has come here.
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
