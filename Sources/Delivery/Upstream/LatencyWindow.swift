/// Durations of an upstream's latest attempts, for percentiles.
struct LatencyWindow {
    private static let capacity = 512

    private var samples: [Duration] = []
    private var position = 0

    mutating func add(_ duration: Duration) {
        if samples.count < Self.capacity {
            samples.append(duration)
        } else {
            samples[position] = duration
            position = (position + 1) % Self.capacity
        }
    }

    /// The durations below which the given fractions of the samples lie, by nearest rank; nil without samples.
    func percentiles(_ parts: [Double]) -> [Duration]? {
        guard !samples.isEmpty else { return nil }
        let sorted = samples.sorted()
        return parts.map { part in
            let rank = Int((part * Double(sorted.count)).rounded(.up))
            return sorted[min(max(rank, 1), sorted.count) - 1]
        }
    }
}
