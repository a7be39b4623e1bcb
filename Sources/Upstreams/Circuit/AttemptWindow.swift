/// Counts recent attempts in bounded memory: a ring of ten parts, the oldest of which is discarded as time passes.
///
/// A count therefore covers between nine tenths of the window and all of it.
struct AttemptWindow: Hashable, Sendable {
    struct Counts: Hashable, Sendable {
        var attempts = 0
        var failed = 0
        /// Completed attempts with a measured time.
        var timed = 0
        /// Those that exceeded the time limit.
        var slow = 0

        static func -= (left: inout Counts, right: Counts) {
            left.attempts -= right.attempts
            left.failed -= right.failed
            left.timed -= right.timed
            left.slow -= right.slow
        }
    }

    private static let partCount: Int64 = 10

    private var partLength: Int64
    private var parts = [Counts](repeating: Counts(), count: Int(partCount))
    private var present: Int64 = 0
    private(set) var counts = Counts()

    init(_ window: Duration) {
        partLength = max(1, window.wholeNanoseconds / Self.partCount)
    }

    /// The window becomes longer or shorter. What it has counted stays, as if it had just happened.
    mutating func resize(to window: Duration, now: MonotonicInstant) {
        let kept = counts
        self = AttemptWindow(window)
        present = now.nanoseconds / partLength
        parts[Int(present % Self.partCount)] = kept
        counts = kept
    }

    mutating func failed(now: MonotonicInstant) {
        count(now) {
            $0.attempts += 1
            $0.failed += 1
        }
    }

    /// - Parameter isSlow: nil if no time was measured.
    mutating func succeeded(now: MonotonicInstant, isSlow: Bool?) {
        count(now) {
            $0.attempts += 1
            guard let isSlow else { return }
            $0.timed += 1
            $0.slow += isSlow ? 1 : 0
        }
    }

    mutating func clear() {
        for index in parts.indices { parts[index] = Counts() }
        counts = Counts()
    }

    /// Whether the 95th percentile of the times, by nearest rank, exceeds the limit: true exactly if more than a
    /// twentieth do.
    var isSlow: Bool { counts.slow * 20 > counts.timed }

    private mutating func count(_ now: MonotonicInstant, _ change: (inout Counts) -> Void) {
        move(to: now.nanoseconds / partLength)
        change(&parts[Int(present % Self.partCount)])
        change(&counts)
    }

    private mutating func move(to part: Int64) {
        guard part > present else { return }
        if part - present >= Self.partCount { clear() }
        while present < part {
            if counts.attempts == 0 { present = part - 1 }
            present += 1
            let index = Int(present % Self.partCount)
            counts -= parts[index]
            parts[index] = Counts()
        }
    }
}

extension Duration {
    /// Rounded towards zero.
    var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// For causes: `30 s`, `800 ms`.
    var inWords: String {
        let milliseconds = wholeNanoseconds / 1_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
