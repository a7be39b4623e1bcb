internal import Mail

/// Steps between which a crash leaves different things in the audit log; see `CrashPlan`.
package enum AuditStep: String, CaseIterable, Sendable {
    /// The key is on disk, the log is empty.
    case afterAuditKey
    /// Half of a record is written.
    case amidAuditRecord
    /// Records are written, not synced.
    case afterAuditWrite
    /// They are durable; nobody has been told, and nothing has been changed.
    case afterAuditSync
    /// An unfinished record is replaced, not synced.
    case afterAuditRepair

    @inline(__always)
    static func reached(_ step: AuditStep) {
        #if DEBUG
        plan.reached(step)
        #endif
    }

    #if DEBUG
    private static let plan = CrashPlan<AuditStep>()

    /// Whether the process is to die at this step, so that the step must be taken.
    static func isPlanned(_ step: AuditStep) -> Bool { plan.has(step) }
    #endif
}
