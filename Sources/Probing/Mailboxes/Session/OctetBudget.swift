/// How much a server may send: a reserve that is filled up again as time passes. A server that sends without end would
/// otherwise occupy a processor.
struct OctetBudget: Sendable {
    /// Enough for the headers of a first look, and then per second.
    static let (reserve, refill) = (64 << 20, 1 << 20)

    private var left = Double(Self.reserve)
    private var filledAt: Duration

    init(now: Duration) {
        filledAt = now
    }

    /// - Returns: whether there was enough left.
    mutating func take(_ octets: Int, now: Duration) -> Bool {
        let passed = max(now - filledAt, .zero)
        filledAt = now
        left = min(Double(Self.reserve), left + passed / .seconds(1) * Double(Self.refill)) - Double(octets)
        return left >= 0
    }
}
