/// A maximum count per period.
public struct Rate: Hashable, Sendable {
    /// At least 1.
    public let count: Int
    /// Greater than zero.
    public let per: Duration

    public init(count: Int, per: Duration) {
        precondition(count > 0 && per > .zero, "a rate needs a positive count and period")
        self.count = count
        self.per = per
    }
}
