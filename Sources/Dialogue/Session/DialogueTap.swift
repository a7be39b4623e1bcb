/// A session's end of the traces. While none is on, looking for one is a load and a comparison.
///
/// A session looks only where nothing is half written, so that what it has taken octets for is known from their first one.
package struct DialogueTap {
    private let hub: TraceHub
    private var version: UInt64 = 0
    private var number: UInt64?
    /// Takes what is said; nil while no trace is on that this session is in.
    package private(set) var feed: DialogueFeed?

    package init(_ hub: TraceHub) {
        self.hub = hub
    }

    /// Whether it is worth while to look: a trace is on, or was at the last look.
    @inline(__always)
    package var isDue: Bool { feed != nil || hub.isOn }

    /// The session says nothing more.
    package mutating func close() { feed = nil }

    /// Looks which traces are on now.
    ///
    /// - Returns: whether the session is in one and was in none.
    package mutating func look(_ party: () -> TraceParty?) -> Bool {
        let present = hub.version
        guard present != version else { return false }
        version = present
        guard let party = feed?.party ?? party() else { return false }
        let traces = hub.traces(concerning: party)
        if let feed {
            feed.follow(traces)
            if traces.isEmpty { self.feed = nil }
            return false
        }
        guard !traces.isEmpty else { return false }
        let number = number ?? hub.makeSessionNumber()
        self.number = number
        feed = DialogueFeed(number, party, traces, hub)
        return true
    }
}
