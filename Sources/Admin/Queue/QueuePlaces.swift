internal import Delivery
internal import Mail
package import Spool
package import Upstreams

/// Where mail belongs: the route of each recipient, and its stream.
///
/// A stream is what belongs together in an operator's eyes: the mail of a user, else that of a route.
package struct QueuePlaces: Sendable {
    private let routes: RouteTable

    package init(_ routes: RouteTable) {
        self.routes = routes
    }

    /// Without routes: all mail takes the default one.
    package static let unknown = QueuePlaces(RouteTable([], upstreamCount: 0))

    package func route(of recipient: Recipient, in message: SpooledMessage) -> String {
        guard !routes.isTrivial else { return routes.routes[0].name }
        return routes.routes[routes.route(of: message.routingSubject, recipient: recipient.address.text)].name
    }

    /// What a recipient belongs to in an operator's eyes.
    package func stream(of recipient: Recipient, in message: SpooledMessage) -> String {
        message.user ?? route(of: recipient, in: message)
    }

    func finder(for message: MessageGlance) -> Finder { Finder(routes, message) }

    /// The same for the recipients of one message.
    package struct Finder {
        private let routes: RouteTable
        private let message: MessageGlance

        init(_ routes: RouteTable, _ message: MessageGlance) {
            self.routes = routes
            self.message = message
        }

        package func route(of recipient: RecipientGlance) -> String {
            guard !routes.isTrivial else { return routes.routes[0].name }
            let facts = message.routingFacts
            let subject = RouteTable.Subject(
                sender: String(decoding: message.sender, as: UTF8.self), route: facts.route, user: user,
                headers: facts.headers)
            let address = String(decoding: recipient.address, as: UTF8.self)
            return routes.routes[routes.route(of: subject, recipient: address)].name
        }

        package func stream(of recipient: RecipientGlance) -> String { user ?? route(of: recipient) }

        package var user: String? { message.user.map { String(decoding: $0, as: UTF8.self) } }
    }
}
