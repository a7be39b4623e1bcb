internal import Mail
internal import SMTP

/// The stream of the client's message.
extension SessionHandler {
    /// What the message says, else its user's settings. A field that gives no name, or that of somebody else's stream, is
    /// taken out and says nothing.
    func stream(_ routing: RoutingFacts) -> String? {
        guard let name = message.filter.stream.value.flatMap({ StreamName.parse($0) }) else { return userStream }
        var claim = routing
        claim.stream = name
        let question = RouteClasses.Question(
            recipients: session.envelope.recipients, sender: storedSender, user: session.user, routing: claim)
        guard loop.claims.allow(question) else {
            note("X-Posthorse-Stream names a stream of another user or route, and is ignored")
            return userStream
        }
        return name
    }
}
