/// When a fault happens: for a while, once or repeatedly.
package struct SinkWindow: Hashable, Sendable {
    package var start: Duration
    /// Nil for unlimited.
    package var length: Duration?
    /// From one start to the next; nil for only once.
    package var period: Duration?

    package init(start: Duration = .zero, length: Duration? = nil, period: Duration? = nil) {
        self.start = start
        self.length = length
        self.period = period
    }

    /// Whether it is open at this time.
    func contains(_ time: Duration) -> Bool {
        guard time >= start else { return false }
        guard let length else { return true }
        return time - lastStart(at: time) < length
    }

    /// Number of times it has begun.
    func starts(until time: Duration) -> Int {
        guard time >= start else { return 0 }
        guard let period else { return 1 }
        return Int((time - start).nanoseconds / period.nanoseconds) + 1
    }

    /// When it opens or closes next; nil for never.
    func nextChange(after time: Duration) -> Duration? {
        guard time >= start else { return start }
        guard let length else { return nil }
        let last = lastStart(at: time)
        if time < last + length { return last + length }
        return period.map { last + $0 }
    }

    private func lastStart(at time: Duration) -> Duration {
        guard let period else { return start }
        return start + period * (starts(until: time) - 1)
    }
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
