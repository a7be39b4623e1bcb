package import Mail

/// Times of the last minutes, for a percentile. Bounded: of very many, the latest count.
package struct LatencyTally: Sendable {
    /// How far back it looks.
    static let window = Duration.seconds(120)
    static let capacity = 1024
    /// With fewer, there is no figure.
    static let fewest = 5

    private var samples: [(at: Timestamp, took: Duration)] = []
    private var place = 0

    package init() {}

    package mutating func add(_ took: Duration, at now: Timestamp) {
        guard samples.count == Self.capacity else { return samples.append((now, took)) }
        samples[place] = (now, took)
        place = (place + 1) % Self.capacity
    }

    /// The 95th percentile by nearest rank; nil without enough samples.
    package func figure(now: Timestamp) -> Duration? {
        let recent = samples.filter { now - $0.at <= Self.window }.map(\.took).sorted()
        guard recent.count >= Self.fewest else { return nil }
        return recent[Int((Double(recent.count) * 0.95).rounded(.up)) - 1]
    }
}
