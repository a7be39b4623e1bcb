internal import Mail
internal import Synchronization

/// Why no mail can be accepted, combining several causes; tells the operator when that changes.
package final class SpoolHealth: Sendable {
    package enum Cause: Hashable, Sendable {
        /// Less than `min_free_space` is left.
        case space
        /// The messages take `max_bytes` or more.
        case limit
        /// The last commit or write failed.
        case write
        /// The files are not where they were.
        case place
    }

    private let refusals = Mutex<[Cause: SpoolError]>([:])
    private let isRefusing = Atomic<Bool>(false)
    private let events: @Sendable (SpoolEvent) -> Void

    package init(events: @escaping @Sendable (SpoolEvent) -> Void) {
        self.events = events
    }

    /// Nil while mail is welcome; that answer costs one memory load.
    package var refusal: SpoolError? {
        guard isRefusing.load(ordering: .relaxed) else { return nil }
        return refusals.withLock { $0[.place] ?? $0[.write] ?? $0[.space] ?? $0[.limit] }
    }

    package func has(_ cause: Cause) -> Bool {
        isRefusing.load(ordering: .relaxed) && refusals.withLock { $0[cause] != nil }
    }

    package func set(_ cause: Cause, _ error: SpoolError) {
        let isNew = refusals.withLock { refusals in
            isRefusing.store(true, ordering: .relaxed)
            return refusals.updateValue(error, forKey: cause) == nil
        }
        guard isNew else { return }
        events(error.code == .full ? .full(error) : .unwritable(error))
    }

    package func clear(_ cause: Cause) {
        guard isRefusing.load(ordering: .relaxed) else { return }
        let recovered = refusals.withLock { refusals in
            guard refusals.removeValue(forKey: cause) != nil, refusals.isEmpty else { return false }
            isRefusing.store(false, ordering: .relaxed)
            return true
        }
        if recovered { events(.recovered) }
    }
}
