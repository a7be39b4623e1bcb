/// Which upstream a message goes to, as chosen by ``UpstreamSelector``.
package enum UpstreamChoice: Hashable, Sendable {
    case use(Int)
    /// The message is to be the trial of this upstream's circuit, which begins with ``Circuit/admit(now:)``.
    case tryOut(Int)
    /// None for now. Ask again at this instant or, if nil, when a trial has ended, a session is free, or the operator
    /// enables an upstream.
    case wait(until: MonotonicInstant?)
    /// Every upstream that the message may use has been tried in this cycle, or does not work.
    case exhausted
}

/// A choice, and the upstreams to count because of it.
package struct UpstreamSelection: Hashable, Sendable {
    package let choice: UpstreamChoice
    /// Upstreams in their ramp that might have had the message: call ``Circuit/admit(now:)`` for each.
    package let counted: UpstreamSet

    init(_ choice: UpstreamChoice, counting counted: UpstreamSet = UpstreamSet()) {
        self.choice = choice
        self.counted = counted
    }
}

/// A set of upstreams by index.
package struct UpstreamSet: Hashable, Sendable {
    /// Those below 64: all of them, in nearly every relay.
    private var bits: UInt64 = 0
    /// The following ones, 64 in each element, the last of which is not 0.
    private var more: [UInt64] = []

    package init() {}

    package init(_ members: some Sequence<Int>) {
        for member in members { insert(member) }
    }

    package var isEmpty: Bool { bits == 0 && more.isEmpty }

    package func contains(_ index: Int) -> Bool {
        guard index >= 64 else { return bits & 1 << UInt64(index) != 0 }
        let place = index / 64 - 1
        return place < more.count && more[place] & 1 << UInt64(index % 64) != 0
    }

    package mutating func insert(_ index: Int) {
        guard index >= 64 else {
            bits |= 1 << UInt64(index)
            return
        }
        let place = index / 64 - 1
        while more.count <= place { more.append(0) }
        more[place] |= 1 << UInt64(index % 64)
    }
}
