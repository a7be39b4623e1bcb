/// How much went there lately, per second.
struct RecentTraffic: Hashable, Sendable {
    private var second: Int64 = 0
    private var count = 0
    private var before = 0

    mutating func note(_ number: Int, now: MonotonicInstant) {
        let present = now.nanoseconds / 1_000_000_000
        if present != second {
            before = present == second + 1 ? count : 0
            count = 0
            second = present
        }
        count += number
    }

    /// Over the last second, as if what came in the second before had come evenly; at least one.
    func rate(now: MonotonicInstant) -> Double {
        let (present, rest) = now.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let part = 1 - Double(rest) / 1e9
        switch present - second {
        case 0: return max(1, Double(count) + Double(before) * part)
        case 1: return max(1, Double(count) * part)
        case _: return 1
        }
    }
}
