internal import Mail
internal import SMTP
internal import Spool

/// The class of the client's message.
extension SessionHandler {
    /// Whether the client may raise the priority of its mail (RFC 6710 section 4.1): only users without a class set in
    /// relay.conf.
    var mayRaisePriority: Bool { session.user != nil && userPriority == nil }

    /// What relay.conf says of the user, else of the route; else what the message asks for in its header, else at MAIL.
    func priority(_ routing: RoutingFacts) -> Priority { userPriority ?? routePriority(routing) ?? askedPriority }

    private func routePriority(_ routing: RoutingFacts) -> Priority? {
        guard loop.classes.isUsed() else { return nil }
        return loop.classes.priority(
            RouteClasses.Question(
                recipients: session.envelope.recipients, sender: storedSender, user: session.user, routing: routing))
    }

    private var askedPriority: Priority {
        let atMail = session.envelope.options.transferPriority.map(Priority.init) ?? .normal
        guard let asked = message.filter.priority.priority else { return atMail }
        return mayRaisePriority ? asked : max(asked, .normal)
    }

    /// Why the header's class cannot be obeyed; nil if it can. It does not count where relay.conf says the user's.
    var refusalOfPriority: ServerReply? {
        let field = message.filter.priority
        return userPriority == nil && field.count > 0 && field.priority == nil ? .badPriority : nil
    }
}

extension TakenField {
    /// Its value as the name of a class, in any case; nil if it is not one.
    fileprivate var priority: Priority? {
        value.flatMap { value in
            Priority.allCases.first { value.lazy.map(\.asciiLowercased).elementsEqual($0.name.utf8) }
        }
    }
}
