internal import Mail

/// Times next to given stamps that never go back, each within its bounds: isotonic regression with medians (pool
/// adjacent violators).
struct StampOrder {
    struct Result: Hashable {
        /// nil without a stamp.
        var at: Timestamp?
        var skew: Duration?
    }

    private struct Stamp {
        let place: Int
        /// In milliseconds; the host may have meant anything up to `latest`.
        let earliest: Int64
        let latest: Int64
        var low: Int64
        var high: Int64
    }

    private var stamps: [Stamp] = []
    private var count = 0

    /// - Parameter resolution: how much later than its stamp something may have been.
    mutating func add(_ stamp: Timestamp?, _ resolution: Duration, from low: Timestamp, to high: Timestamp) {
        count += 1
        guard let stamp else { return }
        stamps.append(
            Stamp(
                place: count - 1, earliest: stamp.milliseconds, latest: (stamp + resolution).milliseconds,
                low: low.milliseconds, high: max(low, high).milliseconds))
    }

    func results() -> [Result] {
        var results = [Result](repeating: Result(), count: count)
        let bounded = Self.tightened(stamps)
        for (stamp, time) in zip(bounded, Self.ordered(Self.wishes(bounded))) {
            let at = min(max(time, stamp.low), stamp.high)
            results[stamp.place] = Result(at: Timestamp(milliseconds: at), skew: Self.skew(stamp, at))
        }
        return results
    }

    /// The same bounds, which never go back either.
    private static func tightened(_ stamps: [Stamp]) -> [Stamp] {
        var stamps = stamps
        for index in stamps.indices.dropFirst() { stamps[index].low = max(stamps[index].low, stamps[index - 1].low) }
        for index in stamps.indices.dropLast().reversed() {
            stamps[index].high = min(stamps[index].high, stamps[index + 1].high)
        }
        // Bounds that contradict each other come from a look that cannot have seen all.
        for index in stamps.indices { stamps[index].high = max(stamps[index].high, stamps[index].low) }
        return stamps
    }

    /// What each stamp says, within its bounds; within what its resolution leaves open, as late as the one before.
    private static func wishes(_ stamps: [Stamp]) -> [Int64] {
        var wishes: [Int64] = []
        for stamp in stamps {
            var wish = min(max(stamp.earliest, stamp.low), stamp.high)
            if let before = wishes.last, before > wish, before <= stamp.latest { wish = before }
            wishes.append(wish)
        }
        return wishes
    }

    /// Each stretch that goes back becomes its median, the lower one of two.
    private static func ordered(_ times: [Int64]) -> [Int64] {
        var blocks: [[Int64]] = []
        for time in times {
            var block = [time]
            while let before = blocks.last, median(before) > median(block) {
                block = (blocks.removeLast() + block).sorted()
            }
            blocks.append(block)
        }
        return blocks.flatMap { block in block.map { _ in median(block) } }
    }

    private static func median(_ sorted: [Int64]) -> Int64 { sorted[(sorted.count - 1) / 2] }

    private static func skew(_ stamp: Stamp, _ at: Int64) -> Duration {
        let (at, stamped) = (Timestamp(milliseconds: at), Timestamp(milliseconds: stamp.earliest))
        if at < stamped { return stamped - at }
        let latest = Timestamp(milliseconds: stamp.latest)
        return at > latest ? latest - at : .zero
    }
}
