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
        let enabled = AdminOverride(state: .enabled, since: clock.wall)
        return override(with: enabled, "enable", reason, expired: adminOverride.state)
    }

    /// Somebody has set the system's clock: the operator's order lasts as long as before.
    ///
    /// - Returns: whether that changed anything.
    func clockStepped(by step: Duration) -> Bool {
        guard let until = adminOverride.until else { return false }
        adminOverride.until = until + step
        return true
    }

    private func override(
        with next: AdminOverride, _ action: String, _ reason: String?, expired: AdminState? = nil
    ) -> UpstreamEffects {
        let before = adminOverride.state
        adminOverride = next
        noteMove(from: before, to: next.state)
        record.changed(
            at: clock.wall, from: before, to: next.state, share: share,
            cause: reason.map { "\(action): \($0)" } ?? action)
        report(.upstreamControl(upstream: name, action: action, reason: reason, until: next.until, expired: expired))
        switch next.state {
        case .enabled: return .takesMail
        case .draining: return []
        case .disabled: return .isDisabled
        }
    }

    /// An order moves no traffic while the circuit lets none through.
    private func noteMove(from before: AdminState, to next: AdminState) {
        guard circuit.name == .closed, (before == .enabled) != (next == .enabled) else { return }
        if next == .enabled { pool.meter.failedBack(.operator) } else { pool.meter.failedOver(.operator) }
    }

    /// Opens its circuit as if it had failed.
    func trip(_ order: UpstreamControl) -> UpstreamEffects {
        let until = order.duration.map { clock.wall + $0 }
        report(ordered(order, until: until))
        return changed(circuit.trip(now: clock.instant, for: order.duration), detail: order.reason)
    }

    /// Restores all its traffic, at its full rate.
    func reset(_ order: UpstreamControl) -> UpstreamEffects {
        report(ordered(order, until: nil))
        throttle = Throttle(limit: settings.maxRate, now: clock.instant)
        return changed(circuit.reset(now: clock.instant), detail: order.reason).union(.takesMail)
    }

    private func ordered(_ order: UpstreamControl, until: Timestamp?) -> DeliveryEvent {
        .upstreamControl(
            upstream: name, action: order.action.rawValue, reason: order.reason, until: until, expired: nil)
    }
}
