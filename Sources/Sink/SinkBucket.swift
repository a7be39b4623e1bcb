/// So many a second, and as many at once after a rest.
struct SinkBucket: Sendable {
    private let perSecond: Double
    private var tokens: Double
    private var filledAt: Duration?

    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        tokens = Double(perSecond)
    }

    /// Whether there was room for one more.
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
