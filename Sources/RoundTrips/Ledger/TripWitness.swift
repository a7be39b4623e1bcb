internal import Mail

/// Whether lost probes are the fault of their upstream, because mail of another one has reached the mailbox meanwhile.
///
/// A mailbox that takes no mail for a while loses the probes of all. So another upstream is a witness only if it has
/// lost none since the first of these, and its probes have arrived both between them and behind them: then at least
/// `missing_threshold` probes are lost that were sent while the mailbox took mail. A mailbox that is down for at least
/// `every` blames no upstream, however often it is, as long as mail takes less than `every`: what is slower may meet a
/// mailbox that was up when mail of others arrived that was sent later.
enum TripWitness {
    /// - Parameter others: paths to the same mailbox.
    static func isUpstreams(_ lane: TripLane, _ others: [TripLane], now: Timestamp) -> Bool {
        guard lane.isLosing else { return false }
        return others.contains { other in
            other.path != lane.path && (other.path.upstream == nil || other.path.upstream != lane.path.upstream)
                && other.isActive(now) && speaks(other, of: lane)
        }
    }

    private static func speaks(_ witness: TripLane, of lane: TripLane) -> Bool {
        let marks = lane.lost.marks.map(\.tookAt).filter { $0 > witness.lastLostAt ?? .distantPast }.sorted()
        guard let first = marks.first else { return false }
        // A probe without a verdict may be lost too.
        let settled = witness.firstUnsettled
        let arrivals = witness.arrivals.filter { arrival in
            arrival.tookAt > first && settled.map { arrival.tookAt < $0 } ?? true
                && (arrival.upstream == nil || arrival.upstream != lane.path.upstream)
        }
        guard let last = arrivals.map(\.tookAt).max() else { return false }
        let before = marks.filter { $0 < last }
        guard before.count >= lane.settings.missingThreshold, let end = before.last else { return false }
        return lane.settings.missingThreshold == 1 || arrivals.contains { $0.tookAt < end }
    }
}
