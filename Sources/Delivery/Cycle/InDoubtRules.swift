package import Mail
package import Spool
package import Upstreams

/// When and how the doubt about a recipient ends: by an operator's resolution, else by its route's setting, else by its
/// upstream's. The spool records only when the doubt arose.
package struct InDoubtRules: Sendable {
    /// The in-doubt settings of relay.conf.
    package struct Rule: Hashable, Sendable {
        package var policy: InDoubtPolicy
        /// Time after the doubt arose in which nothing happens.
        package var hold: Duration
    }

    /// What happens to a recipient in doubt when its time has come.
    package enum Next: Hashable {
        /// Retry the same upstream.
        case sameUpstream
        /// Try any other upstream of the route.
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

    /// Nil if the upstream of the doubt is no longer configured: it cannot be asked again, and mail goes to the others
    /// at once.
    package func rule(for recipient: Recipient, of message: SpooledMessage) -> Rule? {
        guard var rule = recipient.upstream.flatMap({ upstreams[$0] }) else { return nil }
        guard routesHaveRules else { return rule }
        let route = routes.routes[routes.route(of: message.routingSubject, recipient: recipient.address.text)]
        rule.policy = route.inDoubt ?? rule.policy
        rule.hold = route.inDoubtHold ?? rule.hold
        return rule
    }

    /// When a recipient in doubt is due; nil if only an operator can decide. A probe is, at once: its doubt ends with it.
    package func dueTime(of recipient: Recipient, in message: SpooledMessage) -> Timestamp? {
        guard message.notice != .probe else { return recipient.nextAttemptAt ?? .distantPast }
        guard recipient.resolution != .hold else { return nil }
        let since = recipient.nextAttemptAt ?? .distantPast
        guard recipient.resolution == nil, let rule = rule(for: recipient, of: message) else { return since }
        switch rule.policy {
        case .hold: return nil
        case .retrySame, .failover: return since + rule.hold
        }
    }

    /// The start of the doubt to record so that the recipient is due at the given time: the hold is counted from there.
    func since(_ recipient: Recipient, of message: SpooledMessage, soThatDueAt due: Timestamp) -> Timestamp {
        guard recipient.resolution == nil, let rule = rule(for: recipient, of: message) else { return due }
        return due + (.zero - rule.hold)
    }

    /// What happens when the recipient is due.
    package func next(for recipient: Recipient, of message: SpooledMessage) -> Next {
        guard let rule = rule(for: recipient, of: message) else { return .otherUpstream }
        switch recipient.resolution {
        case .retry: return .sameUpstream
        case .failover: return .otherUpstream
        case .hold, nil: return rule.policy == .retrySame ? .sameUpstream : .otherUpstream
        }
    }
}
