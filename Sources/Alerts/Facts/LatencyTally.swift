package import Mail

/// Times of the last minutes, for a percentile. Bounded: of very many, the latest count.
package struct LatencyTally: Sendable {
    /// How far back it looks.
    static let window = Duration.seconds(120)
    static let capacity = 1024
    /// With fewer, there is no figure.
    static let fewest = 5

    /// Whole numbers, because all are sorted once a second.
    private struct Sample {
        /// In milliseconds.
        let at: Int64
        /// In microseconds.
        let took: Int
    }

    private var samples: [Sample] = []
    private var place = 0

    package init() {}

    package mutating func add(_ took: Duration, at now: Timestamp) {
        let sample = Sample(at: now.milliseconds, took: took.wholeMicroseconds)
        guard samples.count == Self.capacity else { return samples.append(sample) }
        samples[place] = sample
        place = (place + 1) % Self.capacity
    }

    /// The 95th percentile by nearest rank, in whole microseconds; nil without enough samples.
    package func figure(now: Timestamp) -> Duration? {
        let first = (now - Self.window).milliseconds
        var recent: [Int] = []
        recent.reserveCapacity(samples.count)
        for sample in samples where sample.at >= first { recent.append(sample.took) }
        guard recent.count >= Self.fewest else { return nil }
        recent.sort()
        return .microseconds(recent[Int((Double(recent.count) * 0.95).rounded(.up)) - 1])
    }
}
