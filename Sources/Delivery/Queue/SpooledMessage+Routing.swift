internal import Mail
package import Spool
package import Upstreams

extension SpooledMessage {
    /// The tenant: the user, or else the sender's domain.
    var tenant: String {
        user ?? sender.address?.domain.lowercased() ?? ""
    }

    /// The facts that routes match.
    package var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers,
            stream: routing.stream)
    }
}
