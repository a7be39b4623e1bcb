import Admin
import Mail
import Upstreams

/// What a drill sees of the relay at one moment.
struct DrillSample: Hashable, Sendable {
    var at: Timestamp
    var upstreams: [UpstreamDocument]
    /// Of the upstream that the drill is about, oldest first.
    var history: [ChangeDocument] = []
    /// nil where the queue was not asked this time.
    var queue: StatisticsDocument?

    /// What a listing says; of the queue nothing.
    init(at: Timestamp, upstreams: [UpstreamDocument], history: [ChangeDocument] = [], queue: StatisticsDocument? = nil)
    {
        self.at = at
        self.upstreams = upstreams
        self.history = history
        self.queue = queue
    }
}

/// What is new in a sample, for who watches.
struct DrillEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// Another upstream has taken mail for the first time.
        case movedOn(to: String)
        /// The circuit, or the share of its ramp, has changed.
        case circuit(to: CircuitState, share: Double, cause: String)
        /// An operator has changed the upstream meanwhile.
        case upstreamControl(to: String, cause: String)
        /// The relay has begun to count anew.
        case restarted
    }

    /// Since the trip.
    var after: Duration
    var kind: Kind
}
