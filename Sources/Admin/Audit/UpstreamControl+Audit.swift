internal import Delivery
internal import Mail
internal import Upstreams

extension UpstreamControl {
    /// The order as it is recorded; nil for one that changes nothing.
    ///
    /// - Parameter detail: how the upstream stands.
    func audited(by who: String?, _ detail: UpstreamDetail, now: Timestamp) -> AuditedOrder? {
        guard let after = ordered(now: now) else { return nil }
        let before =
            switch action {
            case .enable, .disable, .drain: detail.status.adminOverride.words
            case .trip, .reset, .probe: "circuit \(detail.status.circuit.rawValue)"
            }
        return AuditedOrder(
            who: who, what: "upstream \(action.rawValue)", subject: detail.status.name, reason: reason, before: before,
            after: after)
    }

    /// The state that is ordered.
    private func ordered(now: Timestamp) -> String? {
        let until = duration.map { " until \((now + $0).rfc3339)" } ?? ""
        switch action {
        case .enable: return AdminState.enabled.rawValue
        case .disable: return AdminState.disabled.rawValue + until
        case .drain: return AdminState.draining.rawValue + until
        case .trip: return "circuit \(CircuitState.open.rawValue)" + until
        case .reset: return "circuit \(CircuitState.closed.rawValue)"
        case .probe: return nil
        }
    }
}

extension AdminOverride {
    fileprivate var words: String { state.rawValue + (until.map { " until \($0.rfc3339)" } ?? "") }
}
