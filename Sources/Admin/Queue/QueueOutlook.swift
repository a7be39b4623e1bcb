package import Delivery
package import Mail
package import Spool
internal import Upstreams

/// The earliest time at which waiting recipients can be tried, given circuits and operators' orders at one instant: the
/// spool records only when they were scheduled.
package struct QueueOutlook: Sendable {
    /// What a recipient waits for besides its time.
    package enum Cause: String, Sendable {
        /// Every upstream that may have it has an open circuit; the first one to become due admits a trial.
        case circuit
        /// A trial message decides about the upstream.
        case trial
        /// Operators keep mail from every upstream that may have it.
        case `operator`
        /// The upstream works, and its rate is used up; the next turn goes to the first that waits.
        case rate
        /// This machine is short of what a connection to the upstream needs.
        case connections
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
        /// Until then, or until an operator says otherwise.
        case isKept(until: Timestamp?)

        var works: Bool {
            switch self {
            case .takesMail, .pauses: true
            case .opens, .isTried, .isKept: false
            }
        }
    }

    private let standings: [Standing]
    /// Whether nothing waits for an upstream.
    private let allTakeMail: Bool
    private let names: [String]
    private let routes: RouteTable
    private let doubts: InDoubtRules

    /// - Parameters:
    ///   - details: of all upstreams, in the order of the settings.
    ///   - now: by the same clock.
    package init(_ settings: DeliverySettings, details: [UpstreamDetail], now: Timestamp) {
        let standings = details.map { Self.standing($0, now) }
        self.standings = standings
        allTakeMail = standings.allSatisfy { if case .takesMail = $0 { true } else { false } }
        names = details.map(\.status.name)
        routes = settings.routeTable
        doubts = InDoubtRules(settings)
    }

    /// Nothing is known, for example because the relay is not running: every scheduled time is taken as it is.
    package static let unknown = QueueOutlook(DeliverySettings(), details: [], now: Timestamp(milliseconds: 0))

    private static func standing(_ detail: UpstreamDetail, _ now: Timestamp) -> Standing {
        guard detail.status.adminOverride.state == .enabled else {
            return .isKept(until: detail.status.adminOverride.until)
        }
        switch (detail.status.circuit, detail.nextStepAt) {
        case (.open, let next?): return next > now ? .opens(next) : .takesMail
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
        guard !allTakeMail, recipient.state.waits else { return nil }
        guard let wait = wait(for: candidates(for: recipient, in: message)) else { return nil }
        if let until = wait.until, let planned = recipient.nextAttemptAt, planned >= until { return nil }
        return wait
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
        let route = routes.route(of: message.routingSubject, recipient: recipient.address.text)
        guard recipient.state == .inDoubt else { return bound(message) ?? usable(routes.routes[route]) }
        guard recipient.nextAttemptAt != nil else { return [] }
        let own = recipient.upstream.flatMap { names.firstIndex(of: $0) }
        switch doubts.next(for: recipient, of: message) {
        case .sameUpstream: return own.map { [$0] } ?? []
        case .otherUpstream: return routes.candidates[route].filter { $0 != own }
        }
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
