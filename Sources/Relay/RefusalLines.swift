internal import Admin

/// Which refusals have a line in the log, so that a flood of requests floods neither it nor the events. A value without a
/// clock.
///
/// The first of each client for a reason has one at once; of all others for that reason, one a second has.
struct RefusalLines {
    private struct Source: Hashable {
        let reason: AccessRefusal
        let client: String
    }

    private struct Tally {
        /// When the last line was.
        let at: ContinuousClock.Instant
        /// Refusals since then.
        var leftOut = 0
    }

    private static let interval = Duration.seconds(1)
    /// How long a client is remembered that is refused no more, where others need the room.
    private static let memory = Duration.seconds(60)

    /// Most clients that are remembered; beyond, none is the first of its own.
    private let capacity: Int
    private var seen: [Source: ContinuousClock.Instant] = [:]
    private var tallies: [AccessRefusal: Tally] = [:]

    init(capacity: Int = 64) {
        self.capacity = capacity
    }

    /// A client was refused.
    ///
    /// - Returns: nil if that has no line, else how many for the same reason have had none since the last line.
    mutating func add(_ reason: AccessRefusal, of client: String, at now: ContinuousClock.Instant) -> Int? {
        let isFirst = remember(Source(reason: reason, client: client), now)
        guard var tally = tallies[reason] else {
            tallies[reason] = Tally(at: now)
            return 0
        }
        if isFirst || now - tally.at >= Self.interval {
            tallies[reason] = Tally(at: now)
            return tally.leftOut
        }
        tally.leftOut += 1
        tallies[reason] = tally
        return nil
    }

    /// - Returns: whether it is new; false also where there is no room to remember it.
    private mutating func remember(_ source: Source, _ now: ContinuousClock.Instant) -> Bool {
        let isNew = seen[source] == nil
        if isNew, seen.count >= capacity {
            seen = seen.filter { now - $0.value < Self.memory }
            guard seen.count < capacity else { return false }
        }
        seen[source] = now
        return isNew
    }
}
