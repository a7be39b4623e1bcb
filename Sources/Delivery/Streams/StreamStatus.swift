package import Mail

/// How a stream stands, without what waits in the spool.
package struct StreamStatus: Hashable, Sendable {
    package let name: String
    /// By the system's clock.
    package let since: Timestamp
    /// Since it was first seen.
    package let counts: StreamCounts
    /// Within the last hour.
    package let recent: StreamCounts
    /// Recipients with an outcome within the last minute.
    package let perMinute: Int
    package let pause: StreamPause?
    /// Percentage of its mail that is let through while it is new; nil for all of it.
    package let canaryPercent: Int?
    /// Messages in memory that wait for it.
    package let resting: Int
    /// Why the last change is not on disk; nil if it is.
    package var unsaved: String?

    package init(
        name: String, since: Timestamp, counts: StreamCounts = StreamCounts(), recent: StreamCounts = StreamCounts(),
        perMinute: Int = 0, pause: StreamPause? = nil, canaryPercent: Int? = nil, resting: Int = 0
    ) {
        self.name = name
        self.since = since
        self.counts = counts
        self.recent = recent
        self.perMinute = perMinute
        self.pause = pause
        self.canaryPercent = canaryPercent
        self.resting = resting
    }
}
