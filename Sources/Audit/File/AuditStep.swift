internal import Glibc
internal import Synchronization

/// Steps between which a crash leaves different things in the audit log; see `SpoolStep`, whose variable it shares.
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
        step.dieIfDue()
        #endif
    }

    #if DEBUG
    private static let plan: (step: AuditStep, count: Int)? = {
        guard let text = getenv("POSTHORSE_KILL_AT").map({ String(cString: $0) }) else { return nil }
        let parts = text.split(separator: ":")
        guard let step = parts.first.flatMap({ AuditStep(rawValue: String($0)) }) else { return nil }
        return (step, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
    private static let times = Atomic<Int>(0)

    /// Whether the process is to die at this step, so that the step must be taken.
    static func isPlanned(_ step: AuditStep) -> Bool { plan?.step == step }

    private func dieIfDue() {
        guard let plan = Self.plan, plan.step == self else { return }
        if Self.times.add(1, ordering: .relaxed).newValue == plan.count { kill(getpid(), SIGKILL) }
    }
    #endif
}
