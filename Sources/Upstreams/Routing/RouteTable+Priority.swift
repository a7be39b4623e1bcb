package import Mail

extension RouteTable {
    /// Whether any route has a class for its mail.
    package var givesPriorities: Bool { routes.contains { $0.priority != nil } }

    /// The class of a message, which has only one: that of its first recipient whose route has one; nil if none has.
    package func priority(of subject: Subject, recipients: [Address]) -> Priority? {
        for recipient in recipients {
            if let priority = routes[route(of: subject, recipient: recipient.text)].priority { return priority }
        }
        return nil
    }
}
