package import Mail

/// What is known of streams beyond the end of the relay, and which upstreams are not new.
package struct StreamMemory: Hashable, Sendable {
    /// One stream.
    package struct Entry: Hashable, Sendable {
        package var counts = StreamCounts()
        /// When it was first seen, by the system's clock, and when it was last.
        package var since: Timestamp
        package var lastAt: Timestamp
        package var namer = StreamNamer.configuration
        /// Outcomes of the last hour; of streams in memory, their window has them.
        package var hour: OutcomeHistory?
        package var pause: StreamPause?
        /// nil if it never had one, or has passed it.
        package var canary: StreamCanary?

        package init(since: Timestamp) {
            (self.since, lastAt) = (since, since)
        }
    }

    package var streams: [String: Entry]
    /// Of those that are not kept apart any more.
    package var others: StreamCounts
    /// Names of upstreams that have had all their traffic.
    package var upstreams: Set<String>

    package init(
        streams: [String: Entry] = [:], others: StreamCounts = StreamCounts(), upstreams: Set<String> = []
    ) {
        (self.streams, self.others, self.upstreams) = (streams, others, upstreams)
    }
}
