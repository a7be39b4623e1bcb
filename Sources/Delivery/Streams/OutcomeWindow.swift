package import Mail
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

/// What a window has counted, for one in a later process.
package struct OutcomeHistory: Hashable, Sendable {
    /// When the latest part began, by the system's clock.
    package var beganAt: Timestamp
    /// The latest part first; the last one is not empty.
    package var parts: [StreamCounts]

    package init(beganAt: Timestamp, parts: [StreamCounts]) {
        (self.beganAt, self.parts) = (beganAt, parts)
    }
}

/// The outcomes of a stream within the last while, in parts of equal length: what is older than the whole by less than one
/// part still counts.
struct OutcomeWindow {
    private let partLength: Int64
    private let parts: Int
    /// When a part begins.
    private var origin: Int64 = 0
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

    // MARK: - In a later process

    /// - Parameter wall: the same moment by the system's clock.
    /// - Returns: nil for nothing.
    func history(at now: MonotonicInstant, wall: Timestamp) -> OutcomeHistory? {
        guard !counts.isEmpty else { return nil }
        let present = number(at: now)
        var past = (0..<Int64(parts)).map { age in
            present - (latest - age) < Int64(parts) ? counts[index(of: latest - age)] : StreamCounts()
        }
        while past.last == StreamCounts() { past.removeLast() }
        guard !past.isEmpty else { return nil }
        let age = max(0, now.nanoseconds - origin - latest * partLength)
        return OutcomeHistory(beganAt: wall - .nanoseconds(age), parts: past)
    }

    /// Begins with what an earlier one has counted. Its parts begin when those began, so that many restarts neither lengthen
    /// nor shorten the life of an outcome; those that seem to be from the future are from now.
    mutating func restore(_ history: OutcomeHistory, at now: MonotonicInstant, wall: Timestamp) {
        let age = max(.zero, wall - history.beganAt)
        guard age < .nanoseconds(partLength * Int64(parts)), !history.parts.isEmpty else { return }
        origin = now.nanoseconds - age.components.seconds * 1_000_000_000 - age.components.attoseconds / 1_000_000_000
        latest = 0
        counts = Array(repeating: StreamCounts(), count: parts)
        for (age, part) in history.parts.prefix(parts).enumerated() { counts[index(of: -Int64(age))] = part }
    }

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
        let (quotient, rest) = (now.nanoseconds - origin).quotientAndRemainder(dividingBy: partLength)
        return rest < 0 ? quotient - 1 : quotient
    }

    private func index(of part: Int64) -> Int {
        let rest = Int(part % Int64(parts))
        return rest < 0 ? rest + parts : rest
    }
}
