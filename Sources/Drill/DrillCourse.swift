import Delivery
import Admin
import Mail
import Upstreams

/// Follows a drill from the trip to the full share, sample by sample. A value without clock or IO: samples carry the
/// time, and the relay's own history says when the circuit changed.
struct DrillCourse {
    /// Mail that waits longer than this while another upstream could take it has not moved on.
    static let patience = Duration.seconds(5)

    let target: String
    let trippedAt: Timestamp
    private(set) var before: DrillSample
    private(set) var last: DrillSample
    private(set) var times = DrillTimes()
    /// Openings after the trip, with the cause of each.
    private(set) var relapses: [String] = []
    private(set) var isRestarted = false
    private(set) var isControlled = false
    /// Closed without a trial: somebody has reset it.
    private(set) var isReset = false
    /// Mail arrived, and no upstream accepted it for longer than ``patience``.
    private(set) var hasStood = false
    /// Other upstreams whose circuits were closed before and have opened since, with their last errors.
    private(set) var broken: [String: String] = [:]
    private(set) var peak: StatisticsDocument?

    private var lastChange: ChangeDocument?
    private var standsSince: Timestamp?
    private var latestQueue: StatisticsDocument?

    /// - Parameters:
    ///   - before: the state before the trip, including the queue.
    ///   - trip: the relay's answer to the trip.
    init(before: DrillSample, trip: UpstreamDetailDocument, at now: Timestamp) {
        target = trip.upstream.name
        self.before = before
        last = before
        peak = before.queue
        latestQueue = before.queue
        lastChange = trip.history.last
        trippedAt = trip.history.last.flatMap { Timestamp(rfc3339: $0.at) } ?? now
    }

    /// Whether the upstream has all its traffic again, so that there is nothing more to see.
    var isOver: Bool { times.fullShare != nil || isRestarted }

    /// Whether the circuit is as the trip left it, or recovering from it; a circuit that has opened by itself since is
    /// no longer the drill's.
    var isLeftBehind: Bool { times.fullShare == nil && relapses.isEmpty && !isRestarted && !isReset }

    /// The queue when last requested.
    var queue: StatisticsDocument? { latestQueue }

    /// Adds a sample, and returns what is new in it.
    mutating func take(_ sample: DrillSample) -> [DrillEvent] {
        guard !isRestarted else { return [] }
        defer { last = sample }
        guard counts(sample) else {
            isRestarted = true
            return [DrillEvent(after: sample.at - trippedAt, kind: .restarted)]
        }
        noteBroken(sample)
        let events = movedOn(sample) + changes(in: sample)
        if let queue = sample.queue { take(queue, at: sample.at) }
        return events
    }

    /// Recipients that each upstream has accepted since the sample before the trip, in order of priority.
    var delivered: [(name: String, count: Int)] {
        growth(last) { $0.deliveredTotal }
    }

    /// Failures counted against each upstream's circuit.
    var failures: [(name: String, count: Int)] {
        growth(last) { $0.failedTotal }
    }

    // MARK: - Counts

    private func growth(_ sample: DrillSample, _ figure: (UpstreamDocument) -> Int) -> [(name: String, count: Int)] {
        sample.upstreams.map { upstream in
            let start = before.upstreams.first { $0.name == upstream.name }.map(figure) ?? 0
            return (upstream.name, figure(upstream) - start)
        }
    }

    /// Whether the counters come from the same run of the relay.
    private func counts(_ sample: DrillSample) -> Bool {
        let pairs = last.upstreams.map { old in (old, sample.upstreams.first { $0.name == old.name }) }
        return pairs.allSatisfy { old, new in
            guard let new else { return false }
            return new.deliveredTotal >= old.deliveredTotal && new.failedTotal >= old.failedTotal
        }
    }

    private mutating func noteBroken(_ sample: DrillSample) {
        for upstream in sample.upstreams where upstream.name != target && upstream.circuit == .open {
            let worked = before.upstreams.first { $0.name == upstream.name }?.takesMail
            if worked == true { broken[upstream.name] = upstream.lastError ?? "-" }
        }
    }

    private mutating func movedOn(_ sample: DrillSample) -> [DrillEvent] {
        let taker = growth(sample) { $0.deliveredTotal }.first { $0.name != target && $0.count > 0 }
        guard times.movedOn == nil, let taker else { return [] }
        let after = max(.zero, sample.at - trippedAt)
        times.movedOn = after
        return [DrillEvent(after: after, kind: .movedOn(to: taker.name))]
    }

    private mutating func take(_ queue: StatisticsDocument, at now: Timestamp) {
        latestQueue = queue
        peak = peak.map { $0.peak(with: queue) } ?? queue
        guard times.movedOn == nil, let start = before.queue, queue.messages > start.messages else {
            standsSince = nil
            return
        }
        let since = standsSince ?? now
        standsSince = since
        if now - since > Self.patience { hasStood = true }
    }

    // MARK: - The circuit

    private mutating func changes(in sample: DrillSample) -> [DrillEvent] {
        let known = lastChange.flatMap { sample.history.lastIndex(of: $0) }
        let fresh = known.map { sample.history[($0 + 1)...] } ?? sample.history[...]
        lastChange = sample.history.last ?? lastChange
        return fresh.compactMap { take($0) }
    }

    private mutating func take(_ change: ChangeDocument) -> DrillEvent? {
        guard let at = Timestamp(rfc3339: change.at), at >= trippedAt else { return nil }
        let after = at - trippedAt
        switch change.transition {
        case .admin(_, let to):
            isControlled = true
            return DrillEvent(after: after, kind: .upstreamControl(to: to, cause: change.cause))
        case .circuit(let from, let to):
            note(from, to, change, after)
            return DrillEvent(after: after, kind: .circuit(to: to, share: change.share, cause: change.cause))
        }
    }

    private mutating func note(
        _ from: CircuitState, _ to: CircuitState, _ change: ChangeDocument, _ after: Duration
    ) {
        switch to {
        case .open:
            relapses.append(change.cause)
            (times.halfOpen, times.closed, times.fullShare) = (nil, nil, nil)
        case .halfOpen:
            times.halfOpen = times.halfOpen ?? after
        case .closed:
            if from == .open { isReset = true }
            times.closed = times.closed ?? after
            if change.share >= 1 { times.fullShare = times.fullShare ?? after }
        }
    }
}

/// Time of each event since the trip.
struct DrillTimes: Hashable, Sendable {
    /// First mail seen through another upstream.
    var movedOn: Duration?
    /// These three are of the last return, if there were several.
    var halfOpen: Duration?
    var closed: Duration?
    var fullShare: Duration?
}

extension StatisticsDocument {
    /// The larger of each figure.
    fileprivate func peak(with other: StatisticsDocument) -> StatisticsDocument {
        var result = self
        result.messages = max(messages, other.messages)
        result.recipients = max(recipients, other.recipients)
        result.bytes = max(bytes, other.bytes)
        result.byState = byState.merging(other.byState) { max($0, $1) }
        return result
    }
}
