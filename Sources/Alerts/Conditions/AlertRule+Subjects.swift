internal import Upstreams

/// Which subjects an alert has.
extension AlertRule {
    /// Whether the alert is about this upstream.
    func isAbout(_ name: String, _ facts: AlertFacts) -> Bool {
        guard stream == nil, upstream.map({ $0 == name }) ?? true else { return false }
        guard let route else { return true }
        let found = facts.routes.first { $0.name == route }
        return found.map { $0.upstreams.contains(name) || $0.lastResort == name } ?? false
    }

    /// What the subject of a stream begins with; no upstream has a space in its name.
    static let streamPrefix = "stream "

    /// Whether the alert is about streams too: one that is about an upstream or a route is not.
    var isAboutStreams: Bool { kind.isAboutStreams && upstream == nil && route == nil }

    /// Which of them, by name.
    var streams: Glob? { isAboutStreams ? Glob(stream ?? "*") : nil }

    /// Whether a subject that a look has not found is there by relay.conf: then it is over like any other, with its time
    /// to clear.
    func isExpected(_ subject: String, _ facts: AlertFacts) -> Bool {
        switch kind {
        case .bounceRate where subject.hasPrefix(Self.streamPrefix):
            streams?.matches(subject.dropFirst(Self.streamPrefix.count)) ?? false
        case .upstreamOpen, .credential, .deliveryLatency, .bounceRate, .quota:
            facts.upstreamNames.contains(subject) && isAbout(subject, facts)
        case .queueAge, .queueDepth, .inDoubt, .acceptLatency: true
        // Their subjects come from relay.conf itself: routes, files, users and round trips.
        case .failedOver, .onFallback, .failedBack, .allDown, .disk, .certificate, .userSuspected, .roundTrip: false
        }
    }
}
