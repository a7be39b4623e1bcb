/// A window that moves with time, cut into eight parts: counts within it are one lane a part, and what is counted is between
/// seven eighths of the window and all of it.
struct WindowParts: Hashable, Sendable {
    typealias Counts = SIMD8<Int64>

    private static let count = Int64(Counts.scalarCount)

    private let length: Int64
    private var present: Int64 = 0

    init(_ window: Duration) {
        length = max(1, window.wholeNanoseconds / Self.count)
    }

    /// The lane of the present part.
    var lane: Int { Int(present & (Self.count - 1)) }

    /// Moves on with time, never back.
    ///
    /// - Returns: the lanes that begin anew, and whose counts are to be cleared; nil when the part is still the same.
    mutating func move(to now: MonotonicInstant) -> SIMDMask<Counts>? {
        let part = now.nanoseconds / length
        guard part > present else { return nil }
        var over = SIMDMask<Counts>(repeating: part - present >= Self.count)
        for passed in max(present, part - Self.count)..<part { over[Int((passed + 1) & (Self.count - 1))] = true }
        present = part
        return over
    }
}
