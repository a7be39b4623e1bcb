package import Delivery
package import Mail
package import Spool
internal import Upstreams

/// The earliest time at which waiting recipients can be tried, given circuits and operators' orders at one instant: the
/// spool records only when they were scheduled.
package struct QueueOutlook: Sendable {
    /// What a recipient waits for besides its time.
    package enum Cause: String, Sendable, CaseIterable {
        /// Every upstream that may have it has an open circuit; the first one to become due admits a trial.
        case circuit
        /// A trial message decides about the upstream.
        case trial
        /// Operators keep mail from every upstream that may have it.
        case `operator`
        /// The quotas of every upstream that may have it are used up; the first one is free again then.
        case quota
        /// The upstream works, and its rate is used up; the next turn goes to the first that waits.
        case rate
        /// This machine is short of what a connection to the upstream needs.
        case connections
        /// The pace of the recipient's domain is used up; the next turn goes to the first that waits.
        case pace
        /// Its stream is paused.
        case stream
        /// Its stream is new, and as much of it as may has gone: outcomes of that let more go.
        case canary
        /// The rate of its stream is used up; the next turn goes to the first that waits.
        case streamRate = "stream_rate"
    }

    /// What a recipient waits for, and until when; nil if that is unknown.
    package struct Wait: Hashable, Sendable {
        package let cause: Cause
        package let until: Timestamp?
    }

    private enum Standing {
        case takesMail
        /// It works, and has a turn, or a connection, for the next message then.
        case pauses(until: Timestamp, Cause)
        case opens(Timestamp)
        case isTried
        /// Only probes of its own go there until round trips arrive.
        case isWithheld
        /// Its quotas are used up.
        case isSpent(until: Timestamp)
        /// Until then, or until an operator says otherwise.
        case isKept(until: Timestamp?)

        var works: Bool {
            switch self {
            case .takesMail, .pauses: true
            case .opens, .isTried, .isWithheld, .isSpent, .isKept: false
            }
        }
    }

    private let standings: [Standing]
    /// Whether nothing waits for an upstream.
    private let allTakeMail: Bool
    private let names: [String]
    private let routes: RouteTable
    private let doubts: InDoubtRules
    private let retry: RetrySettings
    private let paces: PaceTable
    /// The next turns of paces that mail waits for; nil where another message must end first.
    private let turns: [PaceTable.Key: Timestamp?]
    private let now: Timestamp
    private let streams: [String: StreamHold]

    /// - Parameters:
    ///   - details: of all upstreams, in the order of the settings.
    ///   - now: by the same clock.
    ///   - report: the paces of recipient domains.
    ///   - streams: what keeps mail of streams from upstreams, by name.
    package init(
        _ settings: DeliverySettings, details: [UpstreamDetail], paces report: PaceReport = PaceReport(),
        now: Timestamp, streams: [String: StreamHold] = [:]
    ) {
        self.now = now
        paces = PaceTable(report.settings)
        let waited = report.paces.filter { $0.waiting > 0 }
        turns = Dictionary(
            waited.map { (PaceTable.Key(entry: $0.entry, name: $0.name), $0.nextAt) },
            uniquingKeysWith: { first, _ in first })
        self.streams = streams
        let standings = details.map { Self.standing($0, now) }
        self.standings = standings
        allTakeMail = standings.allSatisfy { if case .takesMail = $0 { true } else { false } }
        names = details.map(\.status.name)
        routes = settings.routeTable
        doubts = InDoubtRules(settings)
        retry = settings.retry
    }

    /// Nothing is known, for example because the relay is not running: every scheduled time is taken as it is.
    package static let unknown = QueueOutlook(DeliverySettings(), details: [], now: Timestamp(milliseconds: 0))

    private static func standing(_ detail: UpstreamDetail, _ now: Timestamp) -> Standing {
        guard detail.status.adminOverride.state == .enabled else {
            return .isKept(until: detail.status.adminOverride.until)
        }
        if let free = detail.status.quotaFreeAt, free > now { return .isSpent(until: free) }
        switch (detail.status.circuit, detail.nextStepAt) {
        case (.open, let next?): return next > now ? .opens(next) : .takesMail
        case (.open, nil): return .isWithheld
        case (.halfOpen, _): return .isTried
        case (_, _): break
        }
        if let turn = detail.turnAt, turn > now { return .pauses(until: turn, .rate) }
        if detail.status.connections == 0, let pause = detail.connectingPausedUntil, pause > now {
            return .pauses(until: pause, .connections)
        }
        return .takesMail
    }

    /// - Parameter message: with the recipient's scheduled attempt; for a recipient in doubt too.
    /// - Returns: nil if it is tried at its scheduled time.
    package func wait(of recipient: Recipient, in message: SpooledMessage) -> Wait? {
        guard recipient.state.waits else { return nil }
        if let wait = streamWait(of: recipient, in: message) { return wait }
        guard !allTakeMail || !turns.isEmpty else { return nil }
        let upstreams = allTakeMail ? [] : candidates(for: recipient, in: message)
        guard let wait = wait(for: upstreams) else { return paceWait(of: recipient) }
        if let until = wait.until, let planned = recipient.nextAttemptAt, planned >= until { return nil }
        return wait
    }

    /// A doubt waits for no pace, and what is planned for later has its turn then.
    private func paceWait(of recipient: Recipient) -> Wait? {
        guard isDue(recipient), let key = paces.key(of: recipient.address.domain), let turn = turns[key]
        else { return nil }
        return Wait(cause: .pace, until: turn)
    }

    /// The relay's own notices go whatever streams do.
    private func streamWait(of recipient: Recipient, in message: SpooledMessage) -> Wait? {
        guard !streams.isEmpty, message.notice == nil else { return nil }
        let subject = message.routingSubject
        let route = routes.route(of: subject, recipient: recipient.address.text)
        guard let hold = streams[routes.stream(of: subject, route: route)] else { return nil }
        switch hold.cause {
        case .pause: return Wait(cause: .stream, until: nil)
        case .canary, .rate:
            guard isDue(recipient), hold.keeps(message.id, wasTried: recipient.attempts > 0) else { return nil }
            return Wait(cause: hold.cause == .canary ? .canary : .streamRate, until: hold.until)
        }
    }

    private func isDue(_ recipient: Recipient) -> Bool {
        (recipient.state == .queued || recipient.state == .deferred) && recipient.nextAttemptAt ?? now <= now
    }

    /// - Returns: nil if one of these upstreams takes mail, or there are none.
    private func wait(for upstreams: [Int]) -> Wait? {
        guard !upstreams.isEmpty else { return nil }
        var (until, cause): (Timestamp?, Cause) = (nil, .operator)
        for index in upstreams {
            switch standings[index] {
            case .takesMail: return nil
            case .pauses(let time, let why):
                (until, cause) = (min(until ?? time, time), cause == .rate ? .rate : why)
            case .opens(let time):
                until = min(until ?? time, time)
                if cause == .operator || cause == .trial { cause = .circuit }
            case .isSpent(let time):
                until = min(until ?? time, time)
                if cause == .operator || cause == .trial { cause = .quota }
            case .isWithheld: if cause == .operator || cause == .trial { cause = .circuit }
            case .isTried: if cause == .operator { cause = .trial }
            case .isKept(let time?): until = min(until ?? time, time)
            case .isKept(nil): break
            }
        }
        return Wait(cause: cause, until: until)
    }

    /// Indexes of the upstreams that may have it, as things stand.
    private func candidates(for recipient: Recipient, in message: SpooledMessage) -> [Int] {
        guard !standings.isEmpty else { return [] }
        if let own = message.probe?.upstream { return candidates(forProbeOf: own) }
        let route = routes.route(of: message.routingSubject, recipient: recipient.address.text)
        guard recipient.state == .inDoubt else { return bound(message) ?? usable(routes.routes[route]) }
        guard recipient.nextAttemptAt != nil else { return [] }
        let own = recipient.upstream.flatMap { names.firstIndex(of: $0) }
        switch doubts.next(for: recipient, of: message) {
        case .sameUpstream where !isOutOfReach(own, recipient, message): return own.map { [$0] } ?? []
        case .sameUpstream, .otherUpstream: return routes.candidates[route].filter { $0 != own }
        }
    }

    private func candidates(forProbeOf own: String) -> [Int] {
        guard let index = names.firstIndex(of: own) else { return [] }
        if case .isWithheld = standings[index] { return [] }
        return [index]
    }

    /// Whether the upstream of a doubt has no quota until the message has expired: then the others get it. An operator's
    /// word stands.
    private func isOutOfReach(_ own: Int?, _ recipient: Recipient, _ message: SpooledMessage) -> Bool {
        guard recipient.resolution == nil, let own, case .isSpent(let until) = standings[own] else { return false }
        let began = message.releaseAt ?? message.receivedAt
        return until >= began + retry.settings(for: message.priority).expireAfter
    }

    /// The upstream that an operator has moved it to, while that works: else its route is used.
    private func bound(_ message: SpooledMessage) -> [Int]? {
        guard let index = message.boundUpstream.flatMap({ names.firstIndex(of: $0) }), standings[index].works else {
            return nil
        }
        return [index]
    }

    /// The list of a route; its last resort too if none of the list works; only the first that works if mail waits for it.
    private func usable(_ route: Route) -> [Int] {
        let working = route.upstreams.filter { $0 != route.lastResort && standings[$0].works }
        guard let first = working.first else { return route.candidates }
        return route.mode == .priority && route.overflow == .wait ? [first] : route.upstreams
    }
}

extension Recipient.State {
    /// Whether any attempt is still to be made.
    fileprivate var waits: Bool {
        switch self {
        case .queued, .deferred, .scheduled, .inDoubt: true
        case .held, .delivered, .failed: false
        }
    }
}
