/// A token bucket: a rate per second, with a burst of the same size after a rest.
struct SinkBucket: Sendable {
    private let perSecond: Double
    private var tokens: Double
    private var filledAt: Duration?

    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        tokens = Double(perSecond)
    }

    /// Takes a token; returns whether there was one.
    mutating func take(_ now: Duration) -> Bool {
        if let filledAt {
            tokens = min(perSecond, tokens + perSecond * Double((now - filledAt).nanoseconds) / 1e9)
        }
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
