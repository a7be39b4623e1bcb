/// Whether more than one sender has used an upstream within one to two window lengths; remembers at most two senders.
struct SeenSenders: Hashable, Sendable {
    private struct Period: Hashable {
        var first: String?
        var areSeveral = false

        mutating func note(_ sender: String) {
            guard !areSeveral else { return }
            if first == nil { first = sender } else { areSeveral = first != sender }
        }
    }

    private var length: Int64
    private var number = Int64.min
    private var present = Period()
    private var last = Period()

    init(_ window: Duration) {
        length = max(1, window.wholeNanoseconds)
    }

    /// The window becomes longer or shorter.
    mutating func resize(to window: Duration, now: MonotonicInstant) {
        length = max(1, window.wholeNanoseconds)
        number = now.nanoseconds / length
    }

    var areSeveral: Bool {
        if present.areSeveral || last.areSeveral { return true }
        guard let first = present.first, let former = last.first else { return false }
        return first != former
    }

    mutating func note(_ sender: String, now: MonotonicInstant) {
        let period = now.nanoseconds / length
        if period > number {
            last = period == number + 1 ? present : Period()
            present = Period()
            number = period
        }
        present.note(sender)
    }
}
