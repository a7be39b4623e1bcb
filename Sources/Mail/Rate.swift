/// So many of something in a span of time: the most that somebody may do.
public struct Rate: Hashable, Sendable {
    /// One or more.
    public let count: Int
    /// Longer than nothing.
    public let per: Duration

    public init(count: Int, per: Duration) {
        precondition(count > 0 && per > .zero, "a rate is at least one in some time")
        self.count = count
        self.per = per
    }
}
