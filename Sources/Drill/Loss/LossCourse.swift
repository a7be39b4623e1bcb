import Admin
import Delivery
import Mail
import Upstreams

/// Follows a drill of lost mail from the first verdicts to the full share. A value without clock or IO: samples carry the
/// time, and the relay's own history says when the circuit changed.
struct LossCourse {
    enum Stage: Equatable {
        /// Until each round trip arrives.
        case beginning
        /// The upstream says 250 and delivers nothing, until its circuit opens.
        case losing
        /// It delivers again, until it has all of its traffic.
        case returning
        case over
    }

    /// What is to be done now.
    enum Order: Equatable {
        case lose, deliver
    }

    /// The cause of circuits that round trips have opened begins with it.
    static let cause = "round_trip"

    let settings: LossSettings
    let target: String
    private(set) var stage = Stage.beginning
    private(set) var times = LossTimes()
    /// Why it has failed, or has shown nothing; nil so far.
    private(set) var trouble: LossTrouble?
    private let beganAt: Timestamp
    /// When the stage began.
    private var since: Timestamp
    private var lostAt: Timestamp?
    private var mendedAt: Timestamp?
    private var seen: ChangeDocument?

    init(_ target: String, _ settings: LossSettings, at now: Timestamp) {
        self.target = target
        self.settings = settings
        (beganAt, since) = (now, now)
    }

    var isOver: Bool { stage == .over }

    /// Adds a sample, and returns what is new in it.
    mutating func take(_ sample: LossSample) -> (events: [LossEvent], order: Order?) {
        let changes = fresh(sample.history)
        switch stage {
        case .beginning: return begin(sample)
        case .losing: return lose(sample, changes)
        case .returning: return (comeBack(sample, changes), nil)
        case .over: return ([], nil)
        }
    }

    private mutating func fresh(_ history: [ChangeDocument]) -> [ChangeDocument] {
        let known = seen.flatMap { history.lastIndex(of: $0) }
        seen = history.last ?? seen
        return Array(known.map { history[($0 + 1)...] } ?? history[...])
    }

    // MARK: - Beginning

    private mutating func begin(_ sample: LossSample) -> ([LossEvent], Order?) {
        guard !sample.trips.isEmpty, sample.trips.allSatisfy({ $0.state == "ok" }) else {
            let states = sample.trips.map { "\($0.upstream ?? "as routed"): \($0.state ?? "nothing yet")" }
            giveUp(
                sample.at, .inconclusive("no round trip arrived before the fault (\(states.joined(separator: ", ")))"))
            return ([], nil)
        }
        stage = .losing
        (since, lostAt) = (sample.at, sample.at)
        times.arrived = sample.at - beganAt
        return ([LossEvent(after: .zero, kind: .loses)], .lose)
    }

    // MARK: - Losing

    private mutating func lose(_ sample: LossSample, _ changes: [ChangeDocument]) -> ([LossEvent], Order?) {
        let opening = changes.first { $0.circuit?.to == .open }
        guard let opening else {
            giveUp(sample.at, .failed("\(target) lost mail, and was not left"))
            return ([], isOver ? .deliver : nil)
        }
        guard opening.cause.hasPrefix(Self.cause) else {
            end(.failed("the circuit of \(target) opened for another reason: \(opening.cause)"))
            return ([], .deliver)
        }
        let after = (Timestamp(rfc3339: opening.at) ?? sample.at) - since
        times.left = after
        stage = .returning
        (since, mendedAt) = (sample.at, sample.at)
        return (
            [
                LossEvent(after: after, kind: .left(cause: opening.cause)),
                LossEvent(after: sample.at - (lostAt ?? since), kind: .delivers),
            ], .deliver
        )
    }

    // MARK: - Returning

    private mutating func comeBack(_ sample: LossSample, _ changes: [ChangeDocument]) -> [LossEvent] {
        var events: [LossEvent] = []
        for change in changes {
            guard let to = change.circuit?.to, !isOver else { continue }
            let at = Timestamp(rfc3339: change.at) ?? sample.at
            let sinceMended = at - (mendedAt ?? since)
            switch to {
            case .open: end(.failed("\(target) did not come back: \(change.cause)"))
            case .halfOpen: break
            case .closed:
                times.returned = times.returned ?? sinceMended
                if change.share < 1 { times.steps += 1 } else { times.fullShare = sinceMended }
                events.append(LossEvent(after: at - (lostAt ?? since), kind: .share(change.share, cause: change.cause)))
                if change.share >= 1 { end(nil) }
            }
        }
        giveUp(sample.at, .failed("\(target) delivered again, and did not get its traffic back"))
        return events
    }

    // MARK: - End

    private mutating func giveUp(_ now: Timestamp, _ trouble: LossTrouble) {
        if now - since > settings.patience { end(trouble) }
    }

    /// The relay could not be watched to the end.
    mutating func interrupt(_ reason: String) {
        if !isOver { end(.inconclusive(reason)) }
    }

    private mutating func end(_ trouble: LossTrouble?) {
        guard !isOver else { return }
        stage = .over
        self.trouble = trouble
    }
}

/// Why a drill of lost mail has not passed.
enum LossTrouble: Hashable, Sendable {
    case failed(String)
    case inconclusive(String)
}

/// Times of a drill of lost mail; nil for what has not happened.
struct LossTimes: Hashable, Sendable {
    /// From the start until each round trip had arrived.
    var arrived: Duration?
    /// From the first message that was lost until the circuit opened.
    var left: Duration?
    /// From the first message that arrived again until the first share of the traffic.
    var returned: Duration?
    var fullShare: Duration?
    /// Shares below the full one.
    var steps = 0
}

/// What is new.
package struct LossEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case loses
        case left(cause: String)
        case delivers
        case share(Double, cause: String)
    }

    /// Since the upstream began to lose mail.
    var after: Duration
    var kind: Kind
}

extension ChangeDocument {
    fileprivate var circuit: (from: CircuitState, to: CircuitState)? {
        if case .circuit(let from, let to) = transition { (from, to) } else { nil }
    }
}
