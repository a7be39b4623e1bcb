internal import Mail
internal import Spool
internal import Upstreams

extension SpooledMessage {
    /// Whose mail it is, as far as tenants are told apart: the user's, or else the sender's domain's.
    var tenant: String {
        user ?? sender.address?.domain.lowercased() ?? ""
    }

    /// What routes look at.
    var routingSubject: RouteTable.Subject {
        RouteTable.Subject(
            sender: sender.description, route: routing.route, user: user, headers: routing.headers)
    }
}
