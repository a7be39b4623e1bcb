/// What somebody wants to see.
package struct TraceOrder: Hashable, Sendable {
    /// How long a trace lasts that nobody ends.
    package static let usualDuration = Duration.seconds(600)
    /// The longest one.
    package static let longest = Duration.seconds(24 * 3600)

    package var filter: TraceFilter
    /// Whether the beginning of each message's content is shown.
    package var showsContent: Bool
    package var duration: Duration

    package init(_ filter: TraceFilter, showsContent: Bool = false, duration: Duration = usualDuration) {
        self.filter = filter
        self.showsContent = showsContent
        self.duration = duration
    }
}
