internal import Delivery
internal import Mail
package import Spool
package import Upstreams

/// Where mail belongs: the route of each recipient, and its stream.
package struct QueuePlaces: Sendable {
    private let routes: RouteTable

    package init(_ routes: RouteTable) {
        self.routes = routes
    }

    /// Without routes: all mail takes the default one.
    package static let unknown = QueuePlaces(RouteTable([], upstreamCount: 0))

    package func route(of recipient: Recipient, in message: SpooledMessage) -> String {
        routes.routes[index(of: recipient, in: message)].name
    }

    /// What a recipient belongs to in an operator's eyes, see ``RouteTable/stream(of:route:)``.
    ///
    /// - Parameter recipient: nil for a message without any, which takes no route but the default one.
    package func stream(of recipient: Recipient?, in message: SpooledMessage) -> String {
        let route = recipient.map { index(of: $0, in: message) } ?? routes.routes.count - 1
        return routes.stream(of: message.routingSubject, route: route)
    }

    private func index(of recipient: Recipient, in message: SpooledMessage) -> Int {
        guard !routes.isTrivial else { return 0 }
        return routes.route(of: message.routingSubject, recipient: recipient.address.text)
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
            return routes.routes[index(of: recipient, subject)].name
        }

        package func stream(of recipient: RecipientGlance) -> String {
            let subject = subject
            return routes.stream(of: subject, route: routes.isTrivial ? 0 : index(of: recipient, subject))
        }

        private func index(of recipient: RecipientGlance, _ subject: RouteTable.Subject) -> Int {
            routes.route(of: subject, recipient: String(decoding: recipient.address, as: UTF8.self))
        }

        private var subject: RouteTable.Subject {
            let facts = message.routingFacts
            return RouteTable.Subject(
                sender: String(decoding: message.sender, as: UTF8.self), route: facts.route, user: user,
                headers: facts.headers, stream: facts.stream)
        }

        package var user: String? { message.user.map { String(decoding: $0, as: UTF8.self) } }
    }
}
