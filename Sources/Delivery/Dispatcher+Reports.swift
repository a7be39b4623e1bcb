internal import Mail
internal import Upstreams

/// How the upstreams stand, for operators.
extension Dispatcher {
    func statuses() -> [UpstreamStatus] {
        pools.map { status(of: $0) }
    }

    private func status(of pool: UpstreamPool) -> UpstreamStatus {
        var status = pool.status
        status.circuit = selector.circuits[pool.index].state.name
        status.adminOverride = overrides[pool.index]
        status.rate = selector.throttles[pool.index].rate
        status.connections = pool.sessions.count
        status.inFlight = pool.load
        status.share = share(of: pool)
        let percentiles = pool.latencies.percentiles([0.5, 0.95])
        status.latencyP50 = percentiles?[0]
        status.latencyP95 = percentiles?[1]
        return status
    }

    func share(of pool: UpstreamPool) -> Double {
        isEnabled(pool.index) ? selector.circuits[pool.index].share : 0
    }

    func detail(of name: String) -> UpstreamDetail? {
        guard let index = nameIndex[name] else { return nil }
        let pool = pools[index]
        let next = selector.circuits[index].trialAt ?? selector.circuits[index].nextStepAt
        return UpstreamDetail(
            status: status(of: pool), reason: reason(for: pool), nextStepAt: next.map { timestamp(of: $0) },
            lastProbe: pool.record.lastProbe,
            routes: zip(selector.routes.routes, selector.routes.candidates).filter { $1.contains(index) }.map(\.0.name),
            history: Array(pool.record.changes), answers: pool.record.allAnswers)
    }

    /// Why the upstream gets the mail that it gets.
    private func reason(for pool: UpstreamPool) -> String {
        let adminOverride = overrides[pool.index]
        let circuit = selector.circuits[pool.index]
        let last = pool.record.circuitCause
        switch adminOverride.state {
        case .enabled: break
        case .draining, .disabled:
            return "\(adminOverride.state.rawValue) by hand" + (adminOverride.reason.map { ": \($0)" } ?? "")
        }
        switch circuit.admission(now: instant) {
        case .refused(let until):
            guard until != nil else { return "one message is on trial; before: \(last ?? "-")" }
            return "the circuit is open: \(last ?? "-")"
        case .trial:
            return "the circuit is open, and the next message is its trial: \(last ?? "-")"
        case .admitted, .overflow:
            if circuit.share < 1 { return "coming back, with \(Int(circuit.share * 100)) % of its traffic" }
            if circuit.isSuspect { return "the last attempt failed: one message at a time until one succeeds" }
            if let rate = selector.throttles[pool.index].rate { return "it works, at most \(rate) messages a second" }
            return "it works"
        }
    }
}
