internal import Mail

/// Deterministic random numbers.
struct SinkRandom: Sendable {
    private var generator: SplitMix64

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
    }

    /// At least 0, below 1.
    mutating func nextUnit() -> Double {
        Double(generator.next() >> 11) / Double(1 << 53)
    }
}
