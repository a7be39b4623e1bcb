/// Says whether a message may have the stream that its header names.
package struct StreamClaims: Sendable {
    /// Asked for each message that names one, as its `routing.stream`.
    package let allow: @Sendable (RouteClasses.Question) -> Bool

    /// - Parameter allow: called on the event loops; must not block.
    package init(allow: @escaping @Sendable (RouteClasses.Question) -> Bool) { self.allow = allow }

    /// No stream belongs to anybody.
    package static let free = StreamClaims { _ in true }
}
