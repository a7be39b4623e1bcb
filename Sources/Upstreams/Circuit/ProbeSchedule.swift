/// Which upstream is probed next: the one whose ``ProbeTimer`` is most overdue. Never two probes at once, nor two
/// within a second.
package struct ProbeSchedule: Hashable, Sendable {
    static let least = Duration.seconds(1)

    /// Index of the upstream.
    private var running: Int?
    private var lastBegan: MonotonicInstant?

    package init() {}

    /// When ``begin(now:_:)`` has something to do; nil while a probe is in progress, and for never.
    ///
    /// - Parameter dues: when each upstream is due; nil for never.
    package func next(_ dues: [MonotonicInstant?]) -> MonotonicInstant? {
        guard running == nil, let due = dues.lazy.compactMap({ $0 }).min() else { return nil }
        return lastBegan.map { max(due, $0 + Self.least) } ?? due
    }

    /// Starts the most overdue probe, if any; its end must be reported.
    ///
    /// - Returns: index of the upstream.
    package mutating func begin(now: MonotonicInstant, _ dues: [MonotonicInstant?]) -> Int? {
        guard let next = next(dues), next <= now else { return nil }
        let known = dues.enumerated().compactMap { index, due in due.map { (index: index, due: $0) } }
        guard let first = known.min(by: { $0.due < $1.due }) else { return nil }
        running = first.index
        lastBegan = now
        return first.index
    }

    /// A probe has ended, whoever started it.
    package mutating func ended(_ index: Int) {
        if running == index { running = nil }
    }
}
