internal import Mail
internal import Spool
internal import Upstreams

extension SpooledMessage {
    /// The tenant: the user, or else the sender's domain.
    var tenant: String {
        user ?? sender.address?.domain.lowercased() ?? ""
    }

    /// The facts that routes match.
    var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers)
    }
}
