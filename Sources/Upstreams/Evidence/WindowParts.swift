/// A sliding window divided into eight parts, with one SIMD lane of counts per part; a sum covers between seven eighths
/// of the window and all of it.
struct WindowParts: Hashable, Sendable {
    typealias Counts = SIMD8<Int64>

    private static let count = Int64(Counts.scalarCount)

    private var length: Int64
    private var present: Int64 = 0

    init(_ window: Duration) {
        length = max(1, window.wholeNanoseconds / Self.count)
    }

    /// The window becomes longer or shorter. Counts stay for one window from now on at most.
    mutating func resize(to window: Duration, now: MonotonicInstant) {
        self = WindowParts(window)
        present = now.nanoseconds / length
    }

    /// Lane of the current part.
    var lane: Int { Int(present & (Self.count - 1)) }

    /// Advances with time, never back.
    ///
    /// - Returns: the lanes that start anew and whose counts must be cleared; nil if the part has not changed.
    mutating func move(to now: MonotonicInstant) -> SIMDMask<Counts>? {
        let part = now.nanoseconds / length
        guard part > present else { return nil }
        var over = SIMDMask<Counts>(repeating: part - present >= Self.count)
        for passed in max(present, part - Self.count)..<part { over[Int((passed + 1) & (Self.count - 1))] = true }
        present = part
        return over
    }
}
