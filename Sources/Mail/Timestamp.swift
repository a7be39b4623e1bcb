/// A time in whole milliseconds since 1970-01-01T00:00:00Z, before it if negative.
///
/// For values that are stored or shown (arrival times, the next attempt). Anything only measured uses monotonic time.
/// Arithmetic ends at the bounds of the type and never traps: a clock or a disk may hold any number.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Before anything that a clock says.
    public static let distantPast = Timestamp(milliseconds: .min)

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        moment.advanced(byMilliseconds: duration.wholeMilliseconds)
    }

    /// The time a number of milliseconds later; cheaper than adding a duration, which has 128 bits.
    public func advanced(byMilliseconds distance: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds.bounded(adding: distance))
    }

    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        moment + (.zero - duration)
    }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds.bounded(subtracting: right.milliseconds))
    }
}

extension Duration {
    /// This duration in milliseconds, rounded towards zero; one too long for that is the longest.
    public var wholeMilliseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000_000_000)
    }
}

extension Int64 {
    /// The sum, or the bound that it would pass.
    func bounded(adding other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the bound that it would pass.
    func bounded(subtracting other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
