package import Mail

/// One line of a trace, safe for a terminal and without a credential.
package struct TraceLine: Hashable, Sendable {
    package enum Direction: String, Hashable, Sendable, CaseIterable {
        /// The other end has sent it.
        case received
        /// The relay has sent it.
        case sent
        /// Something that happened.
        case note
    }

    /// By the system's clock.
    package let at: Timestamp
    /// Number of the session among those traced since the start; nil for what is about the trace.
    package let session: UInt64?
    /// nil for what is about the trace.
    package let party: TraceParty?
    package let direction: Direction
    package let text: String

    package init(at: Timestamp, session: UInt64?, party: TraceParty?, direction: Direction, text: String) {
        self.at = at
        self.session = session
        self.party = party
        self.direction = direction
        self.text = text
    }

    /// What it counts for in memory, in octets.
    var cost: Int { text.utf8.count + 128 }

    /// Says that lines are missing here.
    static func dropped(_ count: Int, at moment: Timestamp) -> TraceLine {
        TraceLine(at: moment, session: nil, party: nil, direction: .note, text: "[... \(count) lines dropped]")
    }
}
