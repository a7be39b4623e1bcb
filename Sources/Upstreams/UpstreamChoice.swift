/// Which upstream a message goes to, in mode `priority`: the first of the list that may be tried.
package enum UpstreamChoice: Hashable, Sendable {
    case use(Int)
    /// The message is the trial of this upstream's circuit.
    case tryOut(Int)
    /// None now; ask again at the moment, or, where it is nil, when a trial has ended, a session is free, or the operator
    /// lets mail through again.
    case wait(until: Moment?)
    /// Every upstream that the message may go to has been tried in this cycle, or does not work.
    case exhausted

    /// Chooses, and begins a trial where that is the choice.
    ///
    /// - Parameters:
    ///   - candidates: indexes into `circuits` in order of priority.
    ///   - tried: the upstreams that have failed this message in the present cycle.
    package static func choose(
        from candidates: some Sequence<Int>, circuits: inout [Circuit], tried: UpstreamSet, now: Moment
    ) -> UpstreamChoice {
        var earliest: Moment?
        var isWaiting = false
        for index in candidates where !tried.contains(index) {
            switch circuits[index].admit(now: now) {
            case .admitted, .overflow:
                return .use(index)
            case .trial:
                return .tryOut(index)
            case .refused(let until):
                isWaiting = true
                if let until { earliest = min(earliest ?? until, until) }
            }
        }
        // A message that some upstream has already failed goes back to its schedule rather than to a queue that stands.
        guard isWaiting, tried.isEmpty else { return .exhausted }
        return .wait(until: earliest)
    }
}

/// A small set of upstreams by index; a configuration has at most 64.
package struct UpstreamSet: Hashable, Sendable {
    private var bits: UInt64 = 0

    package static let capacity = 64

    package init() {}

    package init(_ members: some Sequence<Int>) {
        for member in members { insert(member) }
    }

    package var isEmpty: Bool { bits == 0 }

    package func contains(_ index: Int) -> Bool { bits & 1 << UInt64(index) != 0 }

    package mutating func insert(_ index: Int) {
        precondition(index < Self.capacity, "at most \(Self.capacity) upstreams")
        bits |= 1 << UInt64(index)
    }
}
