/// Finds the route of a recipient: the one that the user's settings name, else the first that matches, else all
/// upstreams in their order.
package struct RouteTable: Hashable, Sendable {
    /// The route for what no other one matches.
    package static let defaultName = "default"

    /// In the order of the configuration; the last one is the default.
    package let routes: [Route]
    /// Of each route: indexes of upstreams in order, its last resort at the end.
    package let candidates: [[Int]]
    private let byName: [String: Int]
    /// Of each route.
    private let conditions: [RouteConditions]

    /// - Parameters:
    ///   - routes: as configured; a route named `default` without any condition may be the last one.
    ///   - upstreamCount: of the configuration, for the default.
    package init(_ routes: [Route], upstreamCount: Int) {
        var routes = routes
        if !(routes.last.map { $0.name == Self.defaultName && $0.match.isEmpty } ?? false) {
            routes.append(Route(name: Self.defaultName, upstreams: Array(0..<upstreamCount)))
        }
        self.routes = routes
        self.candidates = routes.map(\.candidates)
        self.byName = Dictionary(
            routes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.conditions = routes.map { RouteConditions($0.match) }
    }

    /// Names of the fields that routes look at, in lower case.
    package var headerNames: Set<String> { Set(routes.compactMap(\.match.headerName)) }

    /// Whether every message takes the same route, so that none has to be looked at.
    package var isTrivial: Bool { routes.count == 1 }

    /// What of a message decides, apart from its recipient.
    package struct Subject {
        package let sender: String
        /// The route that the user's settings name.
        package let route: String?
        package let user: String?
        /// Fields that routes look at, by name in lower case.
        package let headers: [String: String]

        package init(sender: String, route: String? = nil, user: String? = nil, headers: [String: String] = [:]) {
            self.sender = sender
            self.route = route
            self.user = user
            self.headers = headers
        }
    }

    /// Index of the route. A name that the user's settings had and the configuration has no more is passed over.
    package func route(of subject: Subject, recipient: String) -> Int {
        if let name = subject.route, let index = byName[name] { return index }
        // The default asks nothing, and so matches.
        return conditions.firstIndex { $0.hold(for: subject, recipient: recipient) } ?? routes.count - 1
    }
}
