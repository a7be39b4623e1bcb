internal import Upstreams

/// Outcomes of recipients, or a sum of them.
package struct StreamCounts: Hashable, Sendable {
    package var delivered = 0
    /// Failed for whatever reason, also without an attempt.
    package var failed = 0
    /// Of those that failed, the ones whose reply says that the address is wrong (``BounceKind/hard``).
    package var hard = 0

    package init(delivered: Int = 0, failed: Int = 0, hard: Int = 0) {
        (self.delivered, self.failed, self.hard) = (delivered, failed, hard)
    }

    package var total: Int { delivered + failed }
    /// Share of hard failures, 0 to 1; 0 for none.
    package var bounceRate: Double { total == 0 ? 0 : Double(hard) / Double(total) }

    static func += (sum: inout StreamCounts, other: StreamCounts) {
        sum.delivered += other.delivered
        sum.failed += other.failed
        sum.hard += other.hard
    }
}

/// The outcomes of a stream within the last while, in parts of equal length: what is older than the whole by less than one
/// part still counts.
struct OutcomeWindow {
    private let partLength: Int64
    private let parts: Int
    /// By number of the part; empty until something is counted.
    private var counts: [StreamCounts] = []
    /// The latest part that anything was counted in.
    private var latest = Int64.min

    /// - Parameter span: at least one nanosecond for each part.
    init(_ span: Duration, parts: Int = 12) {
        precondition(parts > 0 && span >= .nanoseconds(parts), "a window has parts of a positive length")
        self.parts = parts
        let whole = span.components.seconds * 1_000_000_000 + span.components.attoseconds / 1_000_000_000
        partLength = whole / Int64(parts)
    }

    mutating func add(_ new: StreamCounts, at now: MonotonicInstant) {
        let part = moveOn(to: now)
        counts[index(of: part)] += new
    }

    func sum(at now: MonotonicInstant) -> StreamCounts {
        guard !counts.isEmpty else { return StreamCounts() }
        let present = max(number(at: now), latest)
        var sum = StreamCounts()
        for part in (latest - Int64(parts) + 1)...latest where present - part < Int64(parts) {
            sum += counts[index(of: part)]
        }
        return sum
    }

    mutating func clear() { (counts, latest) = ([], .min) }

    /// Forgets what is too old.
    ///
    /// - Returns: the part to count in; time that seems to go back counts as the latest.
    private mutating func moveOn(to now: MonotonicInstant) -> Int64 {
        let part = number(at: now)
        guard !counts.isEmpty else {
            counts = Array(repeating: StreamCounts(), count: parts)
            latest = part
            return part
        }
        guard part > latest else { return latest }
        for gone in (max(latest + 1, part - Int64(parts) + 1))...part { counts[index(of: gone)] = StreamCounts() }
        latest = part
        return part
    }

    private func number(at now: MonotonicInstant) -> Int64 {
        let (quotient, rest) = now.nanoseconds.quotientAndRemainder(dividingBy: partLength)
        return rest < 0 ? quotient - 1 : quotient
    }

    private func index(of part: Int64) -> Int {
        let rest = Int(part % Int64(parts))
        return rest < 0 ? rest + parts : rest
    }
}
