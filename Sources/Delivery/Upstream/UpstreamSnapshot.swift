internal import Mail
internal import NIOCore
internal import Upstreams

/// The state of an upstream for operators, computed on demand.
extension Upstream {
    var status: UpstreamStatus {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        var status = UpstreamStatus(
            name: name, priority: priority + 1, address: "\(host):\(settings.port)", since: record.since)
        status.circuit = circuit.name
        status.adminOverride = shownOverride
        status.isRemoved = isRemoved
        status.share = share
        status.circuitShare = circuit.share
        status.rate = throttle.rate
        status.quotas = quota?.reports(clock.quotaMoment) ?? []
        status.quotaWarn = settings.quotaWarn
        status.quotaFreeAt = quotaFreeAt
        status.probesSucceeded = record.probesSucceeded
        status.probesFailed = record.probesFailed
        status.connections = pool.sessions.count
        status.connectionLimit = pool.sessionLimit
        status.searchesConnections = settings.maxConnections == .auto
        status.inFlight = pool.load
        status.linedUp = pool.pendingCount
        status.deliveredTotal = record.deliveredTotal
        status.failedTotal = record.failedTotal
        let percentiles = record.latencies.percentiles([0.5, 0.95])
        status.latencyP50 = percentiles?[0]
        status.latencyP95 = percentiles?[1]
        status.messagesPerSession = pool.messagesPerSession
        status.sessionsAllowed = pool.sessionsAllowed
        status.recipientsPerTransaction = pool.recipients.learned
        status.isInLockStep = pool.pipelining.isSuspended
        status.lastError = record.lastError
        status.refutedReply = record.refutedReply
        status.refusesAccount = circuit.isAccountFault
        status.awaitsTrial = awaitsTrial
        status.token = pool.access.tokenStatus
        return status
    }

    /// - Parameter routes: names of the routes that use it.
    func detail(routes: [String]) -> UpstreamDetail {
        let next = circuit.trialAt ?? circuit.nextStepAt
        var detail = UpstreamDetail(
            status: status, reason: reason, nextStepAt: next.map { clock.wall(of: $0) },
            lastProbe: record.lastProbe, routes: routes, history: Array(record.changes),
            answers: record.allAnswers)
        detail.turnAt = throttle.nextAllowed(now: clock.instant).map { clock.wall(of: $0) }
        detail.connectingPausedUntil = pool.pausedUntil.map { clock.wall(of: $0) }
        detail.addresses = addresses
        detail.slowestGreeting = pool.times.longest
        detail.greetingPatience = min(pool.times.greetingPatience, settings.commandTimeout)
        return detail
    }

    private var addresses: [UpstreamDetail.Address] {
        let book = pool.addresses.book
        return book.addresses.compactMap { address in
            book.health(of: address).map { detail(of: address, $0) }
        }
    }

    private func detail(of address: SocketAddress, _ health: AddressBook.Health) -> UpstreamDetail.Address {
        var detail = UpstreamDetail.Address(
            address: address.hostAndPort, state: .untried, since: clock.wall(of: health.since))
        detail.sessions = pool.sessions(at: address) + pool.addresses.attempts(at: address)
        switch health.state {
        case .untried: break
        case .healthy: detail.state = .healthy
        case .sick(let reason):
            detail.state = .sick
            detail.reason = reason
            detail.until = clock.wall(of: health.due)
        }
        return detail
    }

    private var awaitsTrial: Bool {
        shownOverride.state == .enabled && hasQuota && circuit.awaitsTrial(now: clock.instant)
    }

    /// What is left of a removed upstream drains.
    private var shownOverride: AdminOverride {
        removedAt.map { AdminOverride(state: .draining, reason: Self.removed, since: $0) } ?? adminOverride
    }

    private static let removed = "it is no longer in relay.conf"

    /// The reason for its share.
    private var reason: String {
        guard !isRemoved else { return Self.removed }
        return switch adminOverride.state {
        case .enabled: circuitReason
        case .draining, .disabled:
            "\(adminOverride.state.rawValue) by hand" + (adminOverride.reason.map { ": \($0)" } ?? "")
        }
    }

    private func reason(for withholding: Circuit.Withholding, _ last: String) -> String {
        let share = Int((circuit.share * 100).rounded())
        return switch withholding {
        case .whole: "it gets probes of round trips only, until they arrive: \(last)"
        case .most where circuit.name == .closed: "it gets \(share) % of its traffic until round trips arrive: \(last)"
        case .most: "the circuit is open, and round trips do not arrive: \(last)"
        }
    }

    private var circuitReason: String {
        if let free = quotaFreeAt { return "its quota is used up until \(free.rfc3339)" }
        let last = record.circuitCause ?? "-"
        if let withholding = circuit.withholding { return reason(for: withholding, last) }
        switch circuit.admission(now: clock.instant) {
        case .refused(let until):
            return until == nil ? "one message is on trial; before: \(last)" : "the circuit is open: \(last)"
        case .trial:
            return circuit.awaitsTrial(now: clock.instant)
                ? "it answers again, and the next message is its trial; last: \(last)"
                : "the circuit is open, and the next message is its trial: \(last)"
        case .admitted, .overflow:
            if circuit.share < 1 { return "coming back, with \(Int(circuit.share * 100)) % of its traffic" }
            if circuit.isSuspect { return "the last attempt failed: one message at a time until one succeeds" }
            let rate = throttle.rate.map { ", at most \(Rate.words(messagesPerSecond: $0))" } ?? ""
            return "it works" + rate + (pool.pipelining.isSuspended ? ", one command at a time after a silence" : "")
        }
    }
}
