internal import Delivery
internal import Ingress
internal import Mail
internal import Suppression
internal import Upstreams

extension SuppressionGate {
    /// As relay.conf says.
    init(_ index: SuppressionIndex, _ settings: DeliverySettings) {
        self.init(
            index, action: settings.suppression.action,
            exempt: Set(settings.routeTable.routes.filter { !$0.suppression }.map(\.name)))
    }

    /// The suppression that keeps mail from a recipient whatever the message's header will be; nil if there is none. Where
    /// the header decides about the route, and the route about the suppression, delivery decides.
    func refusal(
        of recipient: Address, _ subject: RouteTable.Subject, _ routes: RouteTable, at now: Timestamp
    ) -> SuppressionMatch? {
        guard !isOpen else { return nil }
        var first: SuppressionMatch?
        for index in routes.possibleRoutes(of: subject, recipient: recipient.text) {
            guard let match = match(recipient, route: routes.routes[index].name, at: now) else { return nil }
            first = first ?? match
        }
        return first
    }
}

extension RecipientGate {
    /// Refuses suppressed recipients, unless they are to be taken and dropped.
    init(_ gate: SuppressionGate, _ routes: RouteTable, now: @escaping @Sendable () -> Timestamp) {
        switch gate.action {
        case .drop: self = .open
        case .refuse:
            self.init(isOpen: { gate.isOpen }) { question in
                let subject = RouteTable.Subject(
                    sender: question.sender.description, route: question.route, user: question.user)
                return gate.refusal(of: question.recipient, subject, routes, at: now())
            }
        }
    }
}
