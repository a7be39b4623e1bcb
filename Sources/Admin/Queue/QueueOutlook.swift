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
    }

    /// What a recipient waits for, and until when; nil if that is unknown.
    package struct Wait: Hashable, Sendable {
        package let cause: Cause
        package let until: Timestamp?
    }

    private enum Standing {
        case takesMail
        case opens(Timestamp)
        case isTried
        /// Until then, or until an operator says otherwise.
        case isKept(until: Timestamp?)
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
        case (_, _): return .takesMail
        }
    }

    /// - Parameter message: with the recipient's scheduled attempt; for a recipient in doubt too.
    /// - Returns: nil if it is tried at its scheduled time.
    package func wait(of recipient: Recipient, in message: SpooledMessage) -> Wait? {
        guard !allTakeMail, recipient.state.waits else { return nil }
        let list = candidates(for: recipient, in: message).map { standings[$0] }
        guard !list.isEmpty else { return nil }
        var (until, cause): (Timestamp?, Cause) = (nil, .operator)
        for standing in list {
            switch standing {
            case .takesMail: return nil
            case .opens(let time): (until, cause) = (min(until ?? time, time), .circuit)
            case .isTried: if cause == .operator { cause = .trial }
            case .isKept(let time?): until = min(until ?? time, time)
            case .isKept(nil): break
            }
        }
        if let until, let planned = recipient.nextAttemptAt, planned >= until { return nil }
        return Wait(cause: cause, until: until)
    }

    /// Indexes of the upstreams that may have it.
    private func candidates(for recipient: Recipient, in message: SpooledMessage) -> [Int] {
        guard !standings.isEmpty else { return [] }
        let route = routes.route(of: message.routingSubject, recipient: recipient.address.text)
        let all = routes.candidates[route]
        guard recipient.state == .inDoubt else { return all }
        guard recipient.nextAttemptAt != nil else { return [] }
        let own = recipient.upstream.flatMap { names.firstIndex(of: $0) }
        switch doubts.next(for: recipient, of: message) {
        case .sameUpstream: return own.map { [$0] } ?? []
        case .otherUpstream: return all.filter { $0 != own }
        }
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
