/// Finds the route of a recipient: the one named in the user's settings, else the first match, else all upstreams in
/// order.
package struct RouteTable: Hashable, Sendable {
    /// The route for unmatched mail.
    package static let defaultName = "default"

    /// In configuration order; the last one is the default.
    package let routes: [Route]
    /// For each route, the indexes of its upstreams in order, with its last resort at the end.
    package let candidates: [[Int]]
    private let byName: [String: Int]
    /// For each route.
    private let conditions: [RouteConditions]

    /// - Parameters:
    ///   - routes: as configured; the last one may be named `default` if it has no conditions.
    ///   - upstreamCount: number of configured upstreams, for the default route.
    package init(_ routes: [Route], upstreamCount: Int) {
        self.init(routes, upstreams: Array(0..<upstreamCount))
    }

    /// The same where the indexes of upstreams are not their places in the configuration.
    ///
    /// - Parameter upstreams: the index of each configured upstream, in order of priority.
    package init(_ routes: [Route], upstreams: [Int]) {
        var routes = routes
        if !(routes.last.map { $0.name == Self.defaultName && $0.match.isEmpty } ?? false) {
            routes.append(Route(name: Self.defaultName, upstreams: upstreams))
        }
        self.routes = routes
        self.candidates = routes.map(\.candidates)
        self.byName = Dictionary(
            routes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.conditions = routes.map { RouteConditions($0.match) }
    }

    /// Lower-case names of the header fields that routes match.
    package var headerNames: Set<String> { Set(routes.compactMap(\.match.headerName)) }

    /// Whether every message takes the same route, so that none needs matching.
    package var isTrivial: Bool { routes.count == 1 }

    /// Whether every message takes the route of the same place in another table, whatever the upstreams of the routes are.
    package func sorts(like other: RouteTable) -> Bool {
        conditions == other.conditions && routes.map(\.name) == other.routes.map(\.name)
    }

    /// Whether every message belongs to the same streams as by another table.
    package func names(like other: RouteTable) -> Bool {
        sorts(like: other) && routes.map(\.stream) == other.routes.map(\.stream)
    }

    /// Everything about a message that routing depends on, except its recipient.
    package struct Subject {
        package let sender: String
        /// The route named in the user's settings.
        package let route: String?
        package let user: String?
        /// Header fields that routes match, by lower-case name.
        package let headers: [String: String]
        /// The stream that the message names, else its user's settings.
        package let stream: String?

        package init(
            sender: String, route: String? = nil, user: String? = nil, headers: [String: String] = [:],
            stream: String? = nil
        ) {
            self.stream = stream
            self.sender = sender
            self.route = route
            self.user = user
            self.headers = headers
        }
    }

    /// What a recipient belongs to in an operator's eyes: the stream that the message or its user's settings name, else that
    /// of its route, else the user, else the route itself.
    ///
    /// - Parameter route: index of the recipient's route.
    package func stream(of subject: Subject, route: Int) -> String {
        stream(named: subject.stream, user: subject.user, route: route)
    }

    /// The same.
    ///
    /// - Parameter name: the stream that the message or its user's settings name.
    package func stream(named name: String?, user: String?, route: Int) -> String {
        name ?? routes[route].stream ?? user ?? routes[route].name
    }

    /// Index of the route. A route name in the user's settings that is no longer configured is ignored.
    package func route(of subject: Subject, recipient: String) -> Int {
        if let name = subject.route, let index = byName[name] { return index }
        // The default has no conditions, and so matches.
        return conditions.firstIndex { $0.hold(for: subject, recipient: recipient) } ?? routes.count - 1
    }

    /// Indexes of the routes that a recipient may have, whatever the header, which is not known yet.
    package func possibleRoutes(of subject: Subject, recipient: String) -> [Int] {
        if let name = subject.route, let index = byName[name] { return [index] }
        var possible: [Int] = []
        for (index, conditions) in conditions.enumerated()
        where conditions.holdBesideHeader(for: subject, recipient: recipient) {
            possible.append(index)
            if !conditions.isAboutHeader { return possible }
        }
        return possible + [routes.count - 1]
    }
}
