internal import Mail
internal import Upstreams

/// What a look finds, by subject: the name of an upstream or route, `stream` with a name, `queue`, `relay`, a path, or a
/// round trip.
extension AlertRule {
    func observations(
        _ facts: AlertFacts, _ trails: [String: RouteTrail], now: Timestamp
    ) -> [String: AlertObservation] {
        switch kind {
        case .upstreamOpen: upstreams(facts, Self.open)
        case .credential: upstreams(facts, Self.credential)
        case .failedOver, .onFallback: fallback(facts)
        case .failedBack: failedBack(facts, trails, now)
        case .allDown: allDown(facts)
        case .queueAge, .queueDepth, .inDoubt: queue(facts.queue)
        case .acceptLatency: ["relay": latency(facts.acceptLatency, "a message waits", "for its 250")]
        case .deliveryLatency: deliveryLatency(facts)
        case .bounceRate: bounceRate(facts).merging(pausedStreams(facts)) { first, _ in first }
        case .quota: quota(facts)
        case .disk: facts.disk.map { [$0.path: disk($0)] } ?? ["disk": .unknown]
        case .certificate: certificates(facts.certificates)
        case .userSuspected: Self.users(facts.suspectedUsers)
        case .roundTrip: roundTrips(facts)
        }
    }

    private static func users(_ names: [String]) -> [String: AlertObservation] {
        let words = "is unusual for this user, whose password may be stolen"
        return Dictionary(names.map { ($0, .holds(AlertReport("mail of \($0) \(words)"))) }) { first, _ in first }
    }

    // MARK: Upstreams

    private func upstreams(
        _ facts: AlertFacts, _ look: (UpstreamFacts) -> AlertObservation
    ) -> [String: AlertObservation] {
        let found = facts.upstreams.filter { isAbout($0.name, facts) }.map { ($0.name, look($0)) }
        return Dictionary(found) { first, _ in first }
    }

    private static func open(_ facts: UpstreamFacts) -> AlertObservation {
        if facts.awaitsTrial {
            return .holds(AlertReport("\(facts.name) \(UpstreamFacts.awaiting): its circuit is not closed yet"))
        }
        if !facts.isClosed {
            let error = facts.complaint.map { "; its last error: \($0)" } ?? ""
            return .holds(AlertReport("\(facts.name) takes no mail: its circuit is not closed\(error)"))
        }
        return facts.isProven ? .clear("\(facts.name) takes mail again") : .unknown
    }

    private static func credential(_ facts: UpstreamFacts) -> AlertObservation {
        if facts.refusesAccount {
            let error = facts.complaint.map { ": \($0)" } ?? ""
            return .holds(AlertReport("the relay cannot log in to \(facts.name)\(error)"))
        }
        // A circuit that is open for another reason says nothing about the account.
        guard facts.isClosed, facts.isProven else { return .unknown }
        return .clear("\(facts.name) accepts the relay's account")
    }

    private func deliveryLatency(_ facts: AlertFacts) -> [String: AlertObservation] {
        upstreams(facts) { latency(facts.deliveryLatency[$0.name], "mail needs", "until \($0.name) has taken it") }
    }

    private func bounceRate(_ facts: AlertFacts) -> [String: AlertObservation] {
        upstreams(facts) { upstream in
            guard let limit = threshold?.percent, let outcomes = facts.outcomes[upstream.name] else {
                return .clear("too little mail has gone through \(upstream.name) to tell")
            }
            let share = outcomes.percentFailed
            let words = "\(AlertWords.percent(share)) of the recipients failed at \(upstream.name)"
            let total = "\(outcomes.failed) of \(outcomes.failed + outcomes.delivered) within 15 minutes"
            guard share > limit else { return .clear(words) }
            return .holds(AlertReport("\(words): \(total)", ["value": AlertWords.percent(share)]))
        }
    }

    /// Of upstreams without a quota there is nothing to say.
    private func quota(_ facts: AlertFacts) -> [String: AlertObservation] {
        let found = facts.upstreams.filter { isAbout($0.name, facts) }.compactMap { upstream in
            upstream.quota.map { (upstream.name, quota(of: upstream.name, $0)) }
        }
        return Dictionary(found) { first, _ in first }
    }

    private func quota(of name: String, _ facts: QuotaFacts) -> AlertObservation {
        let held = facts.left == 0 && facts.percentUsed < 100 ? ", and says that it is used up" : ""
        let share = AlertWords.percent(facts.percentUsed)
        let words = "\(name) has been given \(share) of its quota \(facts.quota)\(held)"
        guard let limit = threshold?.percent, facts.left == 0 || facts.percentUsed >= limit else {
            return .clear(words)
        }
        return .holds(
            AlertReport(
                "\(words): \(AlertWords.count(facts.left, "recipient")) left",
                ["value": AlertWords.percent(facts.percentUsed)]))
    }

    /// An alert about one upstream or route is about no stream.
    private func pausedStreams(_ facts: AlertFacts) -> [String: AlertObservation] {
        guard let streams else { return [:] }
        let found = facts.pausedStreams.filter { streams.matches($0.key) }.map { name, reason in
            let report = AlertReport("the relay has paused \(name): \(reason)", ["stream": name])
            return (Self.streamPrefix + name, AlertObservation.holds(report))
        }
        return Dictionary(found) { first, _ in first }
    }

    // MARK: Figures

    private func latency(_ figure: Duration?, _ before: String, _ after: String) -> AlertObservation {
        guard let limit = threshold?.duration, let figure else { return .clear("there is too little mail to tell") }
        let words = "\(before) \(AlertWords.duration(figure)) \(after), in the 95th percentile"
        return figure > limit
            ? .holds(AlertReport(words, ["value": AlertWords.duration(figure)])) : .clear(words)
    }

    private func disk(_ facts: DiskFacts) -> AlertObservation {
        let words = "\(AlertWords.octets(facts.free)) are free at \(facts.path), of \(AlertWords.octets(facts.total))"
        let isLow =
            switch above {
            case .percent(let limit): facts.percentUsed > limit
            case .octets(let limit): facts.free < limit
            case .duration, .count, nil: facts.free < facts.least * 2
            }
        guard isLow else { return .clear(words) }
        let note = "; mail is refused below \(AlertWords.octets(facts.least))"
        return .holds(AlertReport(words + note, ["value": AlertWords.octets(facts.free)]))
    }

    private func certificates(_ facts: [CertificateFacts]?) -> [String: AlertObservation] {
        guard let facts, let limit = threshold?.duration else { return ["certificates": .unknown] }
        return Dictionary(facts.map { ($0.path, Self.certificate($0, limit)) }) { first, _ in first }
    }

    private static func certificate(_ facts: CertificateFacts, _ limit: Duration) -> AlertObservation {
        switch facts.state {
        case .unreadable(let problem): return .holds(AlertReport("a certificate cannot be used: \(problem)"))
        case .ends(let rest):
            let words =
                rest <= .zero
                ? "\(facts.path) is no longer valid"
                : "\(facts.path) is valid for \(AlertWords.duration(rest)) more"
            return rest < limit ? .holds(AlertReport(words)) : .clear(words)
        }
    }

    private func queue(_ facts: QueueFacts?) -> [String: AlertObservation] {
        guard let facts else { return ["queue": .unknown] }
        return ["queue": queue(facts)]
    }

    private func queue(_ facts: QueueFacts) -> AlertObservation {
        if kind == .queueAge {
            guard let limit = threshold?.duration, let oldest = facts.oldest else { return .clear("no mail waits") }
            let words = "the oldest message has waited for \(AlertWords.duration(oldest))"
            return oldest > limit
                ? .holds(AlertReport(words, ["value": AlertWords.duration(oldest)])) : .clear(words)
        }
        let (number, noun) = kind == .inDoubt ? (facts.inDoubt, "recipient") : (facts.messages, "message")
        let words =
            AlertWords.count(number, noun) + (number == 1 ? " is " : " are ")
            + (kind == .inDoubt ? "in doubt" : "in the queue")
        return number > (threshold?.count ?? .max)
            ? .holds(AlertReport(words, ["value": "\(number)"])) : .clear(words)
    }
}
