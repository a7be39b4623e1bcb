package import Delivery

/// What the admin interface knows of streams, and can order.
package struct StreamDesk: Sendable {
    /// Those that are kept apart, by name; then the row of all others.
    let list: @Sendable () async -> [StreamStatus]
    /// Name and reason; on return it is on disk, or the status says why not. nil if too many are paused.
    let pause: @Sendable (String, String?) async -> StreamStatus?
    /// The same; nil if nothing is known of it.
    let resume: @Sendable (String, String?) async -> StreamStatus?

    package init(
        list: @escaping @Sendable () async -> [StreamStatus],
        pause: @escaping @Sendable (String, String?) async -> StreamStatus?,
        resume: @escaping @Sendable (String, String?) async -> StreamStatus?
    ) {
        (self.list, self.pause, self.resume) = (list, pause, resume)
    }
}
