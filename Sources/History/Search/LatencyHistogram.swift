internal import Mail

/// Counts of durations, exact to the millisecond up to 256 ms, and to a hundred-and-twenty-eighth above: percentiles of
/// any number of them from a few kilobytes.
package struct LatencyHistogram: Sendable {
    private var counts: [Int: Int] = [:]
    package private(set) var count = 0

    package init() {}

    package mutating func add(_ milliseconds: Int64) {
        counts[Self.bucket(max(0, Int(clamping: milliseconds))), default: 0] += 1
        count += 1
    }

    /// The least duration that this part of all, 0 to 1, does not exceed; nil without any.
    package func percentile(_ part: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((part * Double(count)).rounded(.up)))
        var seen = 0
        for bucket in counts.keys.sorted() {
            seen += counts[bucket]!
            if seen >= rank { return .milliseconds(Self.value(of: bucket)) }
        }
        return nil
    }

    private static let exact = 256

    /// 128 buckets for each power of two.
    private static func bucket(_ value: Int) -> Int {
        guard value >= exact else { return value }
        let shift = Int.bitWidth - value.leadingZeroBitCount - 8
        return exact + (shift - 1) * 128 + (value >> shift) - 128
    }

    /// The middle of a bucket.
    private static func value(of bucket: Int) -> Int {
        guard bucket >= exact else { return bucket }
        let (shift, part) = ((bucket - exact) / 128 + 1, (bucket - exact) % 128 + 128)
        return part << shift + (1 << shift) / 2
    }
}
