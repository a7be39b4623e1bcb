/// Upper bounds of the buckets of a histogram; times are in microseconds.
enum HistogramBuckets {
    /// A commit, and the 250 that waits for it: from a fast disk to one that makes clients give up.
    static let commits = milliseconds(0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000)
    /// A step of a session with an upstream: from the same rack to a server that says nothing.
    static let phases = milliseconds(1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 120_000)
    /// From acceptance to an upstream: from milliseconds to the days after which mail expires.
    static let delays =
        milliseconds(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000)
        + minutes(5, 15, 60, 240, 1440, 5760)
    /// From acceptance to a mailbox, and parts of that: from a local server to hours.
    static let trips =
        milliseconds(50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000) + minutes(1, 2, 5, 10, 30, 60, 240)
    /// Operations that share a commit.
    static let groups = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    private static func milliseconds(_ bounds: Double...) -> [Int] { bounds.map { Int($0 * 1000) } }

    private static func minutes(_ bounds: Int...) -> [Int] { bounds.map { $0 * 60_000_000 } }
}
