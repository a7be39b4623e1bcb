/// Which subjects an alert has.
extension AlertRule {
    /// Whether the alert is about this upstream.
    func isAbout(_ name: String, _ facts: AlertFacts) -> Bool {
        guard upstream.map({ $0 == name }) ?? true else { return false }
        guard let route else { return true }
        let found = facts.routes.first { $0.name == route }
        return found.map { $0.upstreams.contains(name) || $0.lastResort == name } ?? false
    }

    /// Whether a subject that a look has not found is there by relay.conf: then it is over like any other, with its time
    /// to clear.
    func isExpected(_ subject: String, _ facts: AlertFacts) -> Bool {
        switch kind {
        case .upstreamOpen, .credential, .deliveryLatency, .bounceRate:
            facts.upstreamNames.contains(subject) && isAbout(subject, facts)
        case .queueAge, .queueDepth, .inDoubt, .acceptLatency: true
        // Their subjects come from relay.conf itself: routes and files.
        case .failedOver, .onFallback, .failedBack, .allDown, .disk, .certificate: false
        }
    }
}
