import Admin
import Delivery
import Mail
import Upstreams

/// The relay as seen by a drill at one moment.
struct DrillSample: Hashable, Sendable {
    var at: Timestamp
    var upstreams: [UpstreamDocument]
    /// History of the tripped upstream, oldest first.
    var history: [ChangeDocument] = []
    /// nil if the queue was not requested this time.
    var queue: StatisticsDocument?

    /// From a listing only, without the queue.
    init(at: Timestamp, upstreams: [UpstreamDocument], history: [ChangeDocument] = [], queue: StatisticsDocument? = nil)
    {
        self.at = at
        self.upstreams = upstreams
        self.history = history
        self.queue = queue
    }
}

/// What is new in a sample.
package struct DrillEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// Another upstream has accepted mail for the first time.
        case movedOn(to: String)
        /// The circuit, or the share of its ramp, has changed.
        case circuit(to: CircuitState, share: Double, cause: String)
        /// An operator has changed the upstream meanwhile.
        case upstreamControl(to: AdminState, cause: String)
        /// The relay has restarted its counters.
        case restarted
    }

    /// Since the trip.
    var after: Duration
    var kind: Kind
}
