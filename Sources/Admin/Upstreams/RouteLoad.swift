internal import Spool

/// What waits on a route.
package struct RouteLoad: Hashable, Sendable {
    /// With such a recipient.
    package var messages = 0
    /// Queued, deferred or being delivered.
    package var recipients = 0

    package init() {}

    /// Whether mail in this state goes to the next upstream by itself.
    fileprivate static func waits(_ state: String) -> Bool { ["queued", "deferred", "delivering"].contains(state) }
}

extension [String: RouteLoad] {
    mutating func add(_ message: MessageGlance, _ matcher: QueueMatcher) {
        var routes: Set<String> = []
        matcher.forEachMatch(in: message) { recipient, place in
            guard RouteLoad.waits(recipient.state) else { return }
            let route = place.route(of: recipient)
            self[route, default: RouteLoad()].recipients += 1
            if routes.insert(route).inserted { self[route]?.messages += 1 }
        }
    }
}
