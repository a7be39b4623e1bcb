package import Mail

/// Says which class a message has because of its route.
package struct RouteClasses: Sendable {
    /// What is known at the end of the content.
    package struct Question: Sendable {
        package let recipients: [Address]
        package let sender: ReversePath
        package let user: String?
        package let routing: RoutingFacts
    }

    /// Whether any route has a class; asked once per message.
    package let isUsed: @Sendable () -> Bool
    /// The class of the first recipient whose route has one; nil if none has.
    package let priority: @Sendable (Question) -> Priority?

    /// - Parameters:
    ///   - isUsed: cheap, since it is asked for each message.
    ///   - priority: called on the event loops; must not block.
    package init(
        isUsed: @escaping @Sendable () -> Bool, priority: @escaping @Sendable (Question) -> Priority?
    ) {
        self.isUsed = isUsed
        self.priority = priority
    }

    /// No route has one.
    package static let none = RouteClasses(isUsed: { false }) { _ in nil }
}
