package import Mail

/// Whose the streams are that relay.conf gives away: the name and the `stream` of each user and each route, and what is
/// below such a name, as `shop/spring` is below `shop`. All other names are free.
package struct StreamOwners: Sendable {
    /// Who may name one stream.
    private struct Owners {
        var users: Set<String> = []
        /// Indexes; all recipients of a message must take one of them.
        var routes: Set<Int> = []
    }

    private let routes: RouteTable
    private var byName: [String: Owners] = [:]

    /// - Parameter users: the name of each user, and their `stream` if they have one.
    package init(users: some Sequence<(name: String, stream: String?)>, routes: RouteTable) {
        self.routes = routes
        for user in users {
            for name in [user.name, user.stream].compactMap(\.self) {
                byName[name, default: Owners()].users.insert(user.name)
            }
        }
        for (index, route) in routes.routes.enumerated() {
            for name in [route.name, route.stream].compactMap(\.self) {
                byName[name, default: Owners()].routes.insert(index)
            }
        }
    }

    /// Whether a message may name a stream in its header.
    package func allow(_ name: String, to subject: RouteTable.Subject, recipients: [Address]) -> Bool {
        guard let owners = owners(of: name) else { return true }
        if let user = subject.user, owners.users.contains(user) { return true }
        return !owners.routes.isEmpty
            && recipients.allSatisfy { owners.routes.contains(routes.route(of: subject, recipient: $0.text)) }
    }

    /// Those of the name itself, else of the nearest one that it is below.
    private func owners(of name: String) -> Owners? {
        if let owners = byName[name] { return owners }
        var rest = name[...]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            if let owners = byName[String(rest)] { return owners }
        }
        return nil
    }
}
