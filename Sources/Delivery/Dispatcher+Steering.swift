internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// What operators do to upstreams, and what they are told.
extension Dispatcher {
    /// - Returns: how the upstream stands when the order has been carried out, for a probe when it has ended; nil when there is
    ///   no upstream of that name.
    func steer(_ name: String, _ order: SteeringOrder) -> EventLoopFuture<UpstreamDetail?> {
        guard let index = nameIndex[name] else { return eventLoop.makeSucceededFuture(nil) }
        let pool = pools[index]
        switch order.action {
        case .enable: mark(pool, .enabled, order)
        case .disable: mark(pool, .disabled, order)
        case .drain: mark(pool, .draining, order)
        case .trip: trip(pool, order)
        case .reset: reset(pool, order)
        case .probe: return probe(pool)
        }
        pump()
        return eventLoop.makeSucceededFuture(detail(of: name))
    }

    // MARK: - Admin states

    private func mark(_ pool: UpstreamPool, _ state: AdminState, _ order: SteeringOrder) {
        let before = marks[pool.index]
        let until = state == .enabled ? nil : order.duration.map { now() + $0 }
        marks[pool.index] = AdminMark(state: state, reason: order.reason, since: now(), until: until)
        settled(pool, from: before.state, order.action.rawValue, order.reason, until)
    }

    private func settled(
        _ pool: UpstreamPool, from before: AdminState, _ action: String, _ reason: String?, _ until: Timestamp?
    ) {
        let state = marks[pool.index].state
        pool.record.add(
            .init(
                at: now(), from: before.rawValue, to: state.rawValue, share: share(of: pool),
                cause: reason.map { "\(action): \($0)" } ?? action))
        report(.steered(upstream: pool.settings.name, action: action, reason: reason, until: until))
        saveMarks(marksToKeep)
        switch state {
        case .enabled:
            queue.releaseAll()
        case .draining: break
        case .disabled: clear(pool)
        }
    }

    private var marksToKeep: [String: AdminMark] {
        let kept = zip(settings.upstreams, marks).filter { $1.state != .enabled }.map { ($0.name, $1) }
        return Dictionary(kept, uniquingKeysWith: { first, _ in first })
    }

    /// What is lined up goes elsewhere; sessions end when what they have is done.
    private func clear(_ pool: UpstreamPool) {
        evacuate(pool, reason: "disabled by hand")
        for session in pool.sessions where session.isIdle && session.phase == .idle { session.quit() }
    }

    /// Marks whose time is over.
    func expireMarks() {
        for pool in pools {
            let mark = marks[pool.index]
            guard let until = mark.until, until <= now() else { continue }
            marks[pool.index] = AdminMark(state: .enabled, since: now())
            settled(pool, from: mark.state, "enable", "the time of \(mark.state.rawValue) is over", nil)
        }
    }

    // MARK: - Circuits

    private func trip(_ pool: UpstreamPool, _ order: SteeringOrder) {
        let until = order.duration.map { now() + $0 }
        report(.steered(upstream: pool.settings.name, action: "trip", reason: order.reason, until: until))
        changed(
            pool, board.circuits[pool.index].trip(now: moment, for: order.duration), detail: order.reason)
    }

    private func reset(_ pool: UpstreamPool, _ order: SteeringOrder) {
        report(.steered(upstream: pool.settings.name, action: "reset", reason: order.reason, until: nil))
        board.throttles[pool.index] = Throttle(limit: pool.settings.maxRate, now: moment)
        if let transition = board.circuits[pool.index].reset(now: moment) {
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
