#if DEBUG
internal import Glibc
internal import Synchronization

/// The step at which a debug build kills itself: `POSTHORSE_KILL_AT=<step>:<n>` in the environment, the n-th time it is
/// reached, with SIGKILL, so that nothing is flushed or closed. Release builds contain none of this.
package final class CrashPlan<Step: RawRepresentable & Equatable & Sendable>: Sendable where Step.RawValue == String {
    private let step: Step?
    private let count: Int
    private let times = Atomic<Int>(0)

    package init() {
        let words = getenv("POSTHORSE_KILL_AT").map { String(cString: $0).split(separator: ":") } ?? []
        step = words.first.flatMap { Step(rawValue: String($0)) }
        count = words.count > 1 ? Int(words[1]) ?? 1 : 1
    }

    /// Whether the process is to die at this step, so that the step must be taken.
    package func has(_ step: Step) -> Bool { self.step == step }

    package func reached(_ step: Step) {
        guard has(step) else { return }
        if times.add(1, ordering: .relaxed).newValue == count { kill(getpid(), SIGKILL) }
    }
}
#endif
