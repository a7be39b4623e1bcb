package import Mail
package import Spool
package import Upstreams

/// When the doubt about a recipient ends, and how: what an operator has said of it, else what its route says, else its
/// upstream. The spool keeps only when the doubt arose.
package struct InDoubtRules: Sendable {
    /// What relay.conf says about a doubt.
    package struct Rule: Hashable, Sendable {
        package var policy: InDoubtPolicy
        /// Nothing happens for so long after the doubt arose.
        package var hold: Duration
    }

    /// What follows for a recipient in doubt when its time has come.
    package enum Next: Hashable {
        /// The same upstream once more.
        case sameUpstream
        /// Any other one of the route.
        case otherUpstream
    }

    private let upstreams: [String: Rule]
    private let routes: RouteTable
    private let routesHaveRules: Bool

    package init(_ settings: DeliverySettings) {
        upstreams = Dictionary(
            settings.upstreams.map { ($0.name, Rule(policy: $0.inDoubt, hold: $0.inDoubtHold)) },
            uniquingKeysWith: { first, _ in first })
        routes = settings.routeTable
        routesHaveRules = routes.routes.contains { $0.inDoubt != nil || $0.inDoubtHold != nil }
    }

    /// Nil where the upstream of the doubt is no longer configured: then nobody can be asked again, and mail goes to the
    /// others at once.
    package func rule(for recipient: Recipient, of message: SpooledMessage) -> Rule? {
        guard var rule = recipient.upstream.flatMap({ upstreams[$0] }) else { return nil }
        guard routesHaveRules else { return rule }
        let route = routes.routes[routes.route(of: message.routingSubject, recipient: recipient.address.text)]
        rule.policy = route.inDoubt ?? rule.policy
        rule.hold = route.inDoubtHold ?? rule.hold
        return rule
    }

    /// When something is to be done for a recipient in doubt; nil where only an operator can.
    package func dueTime(of recipient: Recipient, in message: SpooledMessage) -> Timestamp? {
        let since = recipient.nextAttemptAt ?? Timestamp(milliseconds: 0)
        guard recipient.resolution == nil, let rule = rule(for: recipient, of: message) else { return since }
        switch rule.policy {
        case .hold: return nil
        case .retrySame, .failover: return since + rule.hold
        }
    }

    /// What is to be recorded for a recipient in doubt so that it is due at the moment: the hold is counted from there.
    func since(_ recipient: Recipient, of message: SpooledMessage, soThatDueAt due: Timestamp) -> Timestamp {
        guard recipient.resolution == nil, let rule = rule(for: recipient, of: message) else { return due }
        return due + (.zero - rule.hold)
    }

    /// What follows when the recipient is due.
    package func next(for recipient: Recipient, of message: SpooledMessage) -> Next {
        guard let rule = rule(for: recipient, of: message) else { return .otherUpstream }
        switch recipient.resolution {
        case .retry: return .sameUpstream
        case .failover: return .otherUpstream
        case nil: return rule.policy == .retrySame ? .sameUpstream : .otherUpstream
        }
    }
}
