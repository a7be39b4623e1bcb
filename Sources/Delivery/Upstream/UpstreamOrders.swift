internal import Mail
internal import Upstreams

/// Operators' orders to an upstream.
extension Upstream {
    /// Enables, drains or disables it.
    func setState(_ state: AdminState, _ order: UpstreamControl) -> UpstreamEffects {
        let until = state == .enabled ? nil : order.duration.map { clock.wall + $0 }
        let adminOverride = AdminOverride(state: state, reason: order.reason, since: clock.wall, until: until)
        return override(with: adminOverride, order.action.rawValue, order.reason)
    }

    /// Ends an expired override.
    ///
    /// - Returns: nil if there is none.
    func expireOverride() -> UpstreamEffects? {
        guard let until = adminOverride.until, until <= clock.wall else { return nil }
        let reason = "the time of \(adminOverride.state.rawValue) is over"
        return override(with: AdminOverride(state: .enabled, since: clock.wall), "enable", reason)
    }

    /// Somebody has set the system's clock: the operator's order lasts as long as before.
    ///
    /// - Returns: whether that changed anything.
    func clockStepped(by step: Duration) -> Bool {
        guard let until = adminOverride.until else { return false }
        adminOverride.until = until + step
        return true
    }

    private func override(with next: AdminOverride, _ action: String, _ reason: String?) -> UpstreamEffects {
        let before = adminOverride.state
        adminOverride = next
        record.changed(
            at: clock.wall, from: before, to: next.state, share: share,
            cause: reason.map { "\(action): \($0)" } ?? action)
        report(.upstreamControl(upstream: name, action: action, reason: reason, until: next.until))
        switch next.state {
        case .enabled: return .takesMail
        case .draining: return []
        case .disabled: return .isDisabled
        }
    }

    /// Opens its circuit as if it had failed.
    func trip(_ order: UpstreamControl) -> UpstreamEffects {
        let until = order.duration.map { clock.wall + $0 }
        report(.upstreamControl(upstream: name, action: order.action.rawValue, reason: order.reason, until: until))
        return changed(circuit.trip(now: clock.instant, for: order.duration), detail: order.reason)
    }

    /// Restores all its traffic, at its full rate.
    func reset(_ order: UpstreamControl) -> UpstreamEffects {
        report(.upstreamControl(upstream: name, action: order.action.rawValue, reason: order.reason, until: nil))
        throttle = Throttle(limit: settings.maxRate, now: clock.instant)
        return changed(circuit.reset(now: clock.instant), detail: order.reason).union(.takesMail)
    }
}
