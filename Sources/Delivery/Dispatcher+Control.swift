internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// What operators do to upstreams, and what they are told.
extension Dispatcher {
    /// - Returns: how the upstream stands when the order has been carried out, for a probe when it has ended; nil when there is
    ///   no upstream of that name.
    func control(_ name: String, _ order: UpstreamControl) -> EventLoopFuture<UpstreamDetail?> {
        guard let index = nameIndex[name] else { return eventLoop.makeSucceededFuture(nil) }
        let pool = pools[index]
        switch order.action {
        case .enable: setState(of: pool, .enabled, order)
        case .disable: setState(of: pool, .disabled, order)
        case .drain: setState(of: pool, .draining, order)
        case .trip: trip(pool, order)
        case .reset: reset(pool, order)
        case .probe: return probe(pool)
        }
        pump()
        return eventLoop.makeSucceededFuture(detail(of: name))
    }

    // MARK: - Admin states

    private func setState(of pool: UpstreamPool, _ state: AdminState, _ order: UpstreamControl) {
        let before = overrides[pool.index]
        let until = state == .enabled ? nil : order.duration.map { now() + $0 }
        overrides[pool.index] = AdminOverride(state: state, reason: order.reason, since: now(), until: until)
        settled(pool, from: before.state, order.action.rawValue, order.reason, until)
    }

    private func settled(
        _ pool: UpstreamPool, from before: AdminState, _ action: String, _ reason: String?, _ until: Timestamp?
    ) {
        let state = overrides[pool.index].state
        pool.record.changed(
            at: now(), from: before, to: state, share: share(of: pool),
            cause: reason.map { "\(action): \($0)" } ?? action)
        report(.upstreamControl(upstream: pool.settings.name, action: action, reason: reason, until: until))
        saveOverrides(overridesToKeep)
        switch state {
        case .enabled:
            queue.releaseAll()
        case .draining: break
        case .disabled: clear(pool)
        }
    }

    private var overridesToKeep: [String: AdminOverride] {
        let kept = zip(settings.upstreams, overrides).filter { $1.state != .enabled }.map { ($0.name, $1) }
        return Dictionary(kept, uniquingKeysWith: { first, _ in first })
    }

    /// What is lined up goes elsewhere; sessions end when what they have is done.
    private func clear(_ pool: UpstreamPool) {
        evacuate(pool, reason: "disabled by hand")
        for session in pool.sessions where session.isIdle && session.phase == .idle { session.quit() }
    }

    /// Ends overrides whose time is over.
    func expireOverrides() {
        for pool in pools {
            let adminOverride = overrides[pool.index]
            guard let until = adminOverride.until, until <= now() else { continue }
            overrides[pool.index] = AdminOverride(state: .enabled, since: now())
            settled(
                pool, from: adminOverride.state, "enable", "the time of \(adminOverride.state.rawValue) is over", nil)
        }
    }

    // MARK: - Circuits

    private func trip(_ pool: UpstreamPool, _ order: UpstreamControl) {
        let until = order.duration.map { now() + $0 }
        report(.upstreamControl(upstream: pool.settings.name, action: "trip", reason: order.reason, until: until))
        changed(
            pool, selector.circuits[pool.index].trip(now: instant, for: order.duration), detail: order.reason)
    }

    private func reset(_ pool: UpstreamPool, _ order: UpstreamControl) {
        report(.upstreamControl(upstream: pool.settings.name, action: "reset", reason: order.reason, until: nil))
        selector.throttles[pool.index] = Throttle(limit: pool.settings.maxRate, now: instant)
        if let transition = selector.circuits[pool.index].reset(now: instant) {
            changed(pool, transition, detail: order.reason)
        }
        queue.releaseAll()
    }

    private func probe(_ pool: UpstreamPool) -> EventLoopFuture<UpstreamDetail?> {
        let promise = eventLoop.makePromise(of: UpstreamDetail?.self)
        probe(pool) { [weak self] in promise.succeed(self?.detail(of: pool.settings.name)) }
        return promise.futureResult
    }
}
